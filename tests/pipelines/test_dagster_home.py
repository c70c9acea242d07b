import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import dagster as dg
import psycopg
import pytest

from assets.resources.engine import EngineName
from pipelines import dagster_home
from pipelines.dagster_home import open_instance, prepare_dagster_home
from pipelines.settings import DAGSTER_DATABASE, Settings, read_settings
from schema.errors import StorageError, UsageError
from tests.fixtures.postgres import PASSWORD


def settings_below(home: Path) -> Settings:
    return Settings(home, None, EngineName.DUCKDB, date(2010, 1, 1))


def test_the_shipped_settings_are_put_into_a_new_home(tmp_path: Path) -> None:
    settings = settings_below(tmp_path)

    with open_instance(settings) as instance:
        assert instance.run_monitoring_enabled
        assert not instance.telemetry_enabled
        assert not instance.run_retries_retry_on_asset_or_op_failure
        assert instance.root_directory == str(settings.dagster_home)
        assert instance.run_storage.__class__.__name__ == "SqliteRunStorage"


def test_settings_that_somebody_changed_are_kept(tmp_path: Path) -> None:
    file = prepare_dagster_home(settings_below(tmp_path)) / "dagster.yaml"
    changed = file.read_text().replace("max_retries: 2", "max_retries: 5")
    file.write_text(changed)

    prepare_dagster_home(settings_below(tmp_path))

    assert file.read_text() == changed


def test_settings_of_an_older_version_are_renewed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = prepare_dagster_home(settings_below(tmp_path)) / "dagster.yaml"
    newest = file.read_text()
    older = "nux:\n  enabled: false\n"
    digest = hashlib.sha256(older.encode()).hexdigest()
    file.write_text(f"# sealed: sha256 {digest}\n{older}")

    prepare_dagster_home(settings_below(tmp_path))

    assert file.read_text() == newest
    file.write_text(older)
    monkeypatch.setattr(dagster_home, "UNSEALED", {digest})
    prepare_dagster_home(settings_below(tmp_path))
    assert file.read_text() == newest


def test_a_run_through_a_storage_in_postgresql_leaves_its_history_there(
    on_postgres: Settings, empty_database: str
) -> None:
    @dg.asset
    def asked() -> None:
        """Nothing."""

    with open_instance(on_postgres) as instance:
        assert dg.materialize([asked], instance=instance).success

    with open_instance(on_postgres) as instance:
        assert instance.get_latest_materialization_event(dg.AssetKey("asked"))
    # The server lives in another time zone.
    with psycopg.connect(empty_database, options="-c TimeZone=UTC") as session:
        runs = session.execute(
            "SELECT status, create_timestamp BETWEEN now() - INTERVAL '1 hour' AND now() FROM runs"
        )
        assert runs.fetchall() == [("SUCCESS", True)]


def test_the_storage_notes_times_in_utc_wherever_the_one_who_starts_it_lives(
    on_postgres: Settings, empty_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGTZ", "Asia/Kolkata")

    @dg.asset
    def asked() -> None:
        """Nothing."""

    with open_instance(on_postgres) as instance:
        assert dg.materialize([asked], instance=instance).success

    monkeypatch.setenv("PGTZ", "UTC")
    with psycopg.connect(empty_database) as session:
        noted = session.execute(
            "SELECT min(LEAST(runs.create_timestamp, log.timestamp)) > now() - INTERVAL '1 hour',"
            " max(GREATEST(runs.create_timestamp, log.timestamp)) <= now()"
            " FROM runs INNER JOIN event_logs AS log USING (run_id)"
        )
        assert noted.fetchall() == [(True, True)]


def test_the_password_of_the_storage_is_never_written_to_disk(on_postgres: Settings) -> None:
    with open_instance(on_postgres):
        written = [path for path in on_postgres.home.rglob("*") if path.is_file()]

    assert written
    assert all(PASSWORD.encode() not in path.read_bytes() for path in written)


def test_choosing_another_storage_later_renews_the_settings(on_postgres: Settings) -> None:
    prepare_dagster_home(replace(on_postgres, dagster_database_url=None))
    file = on_postgres.dagster_home / "dagster.yaml"
    assert DAGSTER_DATABASE not in file.read_text()

    prepare_dagster_home(on_postgres)

    assert DAGSTER_DATABASE in file.read_text()


def test_settings_changed_by_hand_that_contradict_the_choice_of_storage_are_refused(
    on_postgres: Settings,
) -> None:
    elsewhere = replace(on_postgres, dagster_database_url=None)
    file = prepare_dagster_home(elsewhere) / "dagster.yaml"
    file.write_text("nux: {enabled: true}\n")

    with pytest.raises(UsageError, match="is set, and the file does not name it"):
        prepare_dagster_home(on_postgres)

    file.write_text(f"storage: {{postgres: {{postgres_url: {{env: {DAGSTER_DATABASE}}}}}}}\n")
    with pytest.raises(UsageError, match="is not set"):
        prepare_dagster_home(elsewhere)


def test_a_storage_that_does_not_let_us_in_is_a_sentence_without_the_password(
    on_postgres: Settings, monkeypatch: pytest.MonkeyPatch, tcp_url: Callable[..., str]
) -> None:
    monkeypatch.setattr("dagster_postgres.utils.retry_pg_connection_fn.__defaults__", (0, 0.0))
    monkeypatch.setenv(DAGSTER_DATABASE, tcp_url("/nowhere", password="wrong-password"))

    with (
        pytest.raises(StorageError, match="Dagster's database cannot be written") as refused,
        open_instance(read_settings()),
    ):
        pass

    assert "wrong-password" not in str(refused.value)


def test_a_home_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("a file")

    with pytest.raises(StorageError, match="home/dagster cannot be written"):
        prepare_dagster_home(settings_below(tmp_path / "home"))


@pytest.mark.parametrize(
    "written",
    [
        b"run_monitoring: {enabled: true\n",
        b"run_monitoring:\n\tenabled: true\n",
        b"- a list\n",
        b"a sentence\n",
        b"run_monitorin: {enabled: true}\n",
        b"run_monitoring: {enabled: maybe}\n",
        b"telemetry: \xff\n",
    ],
)
def test_settings_that_somebody_broke_are_refused_by_the_name_of_their_file(
    tmp_path: Path, written: bytes
) -> None:
    settings = settings_below(tmp_path)
    file = settings.dagster_home / "dagster.yaml"
    file.parent.mkdir(parents=True)
    file.write_bytes(written)

    with (
        pytest.raises(UsageError, match="is no configuration of Dagster") as refused,
        open_instance(settings),
    ):
        pass

    assert str(file) in str(refused.value)
