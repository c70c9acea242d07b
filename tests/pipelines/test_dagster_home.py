from datetime import date
from pathlib import Path

import pytest

from assets.resources.engine import EngineName
from pipelines.dagster_home import open_instance, prepare_dagster_home
from pipelines.settings import Settings
from schema.errors import StorageError


def settings_below(home: Path) -> Settings:
    return Settings(home, None, EngineName.DUCKDB, date(2010, 1, 1))


def test_the_shipped_settings_are_put_into_a_new_home(tmp_path: Path) -> None:
    settings = settings_below(tmp_path)

    with open_instance(settings) as instance:
        assert instance.run_monitoring_enabled
        assert not instance.telemetry_enabled
        assert instance.root_directory == str(settings.dagster_home)


def test_settings_that_somebody_changed_are_kept(tmp_path: Path) -> None:
    folder = prepare_dagster_home(settings_below(tmp_path))
    (folder / "dagster.yaml").write_text("nux: {enabled: true}\n")

    prepare_dagster_home(settings_below(tmp_path))

    assert (folder / "dagster.yaml").read_text() == "nux: {enabled: true}\n"


def test_a_home_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("a file")

    with pytest.raises(StorageError, match="home/dagster cannot be written"):
        prepare_dagster_home(settings_below(tmp_path / "home"))
