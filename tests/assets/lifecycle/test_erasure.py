"""Erasing between other runs, kills and restores: on a lake with source tables only."""

import shutil
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from assets.ingestion.ingest import Ingest
from assets.lifecycle.erasure import Erasure
from assets.lifecycle.erasure_again import AGAIN, erase_again
from assets.lifecycle.erasure_receipt import Removed, read_receipt
from assets.resources.cold_inspection import inspect_cold_store
from assets.resources.cold_months import CHAIN
from assets.resources.engine import DuckDBEngine
from assets.resources.lazy_frames import LazyFrame
from assets.resources.manifest import MANIFEST
from assets.resources.publishing import Output
from assets.resources.tombstones import Tombstones
from schema.errors import (
    CorruptPartitionError,
    DatabaseUnavailableError,
    ErasureUnfinishedError,
    PartitionLockedError,
    SupersededWriterError,
    UsageError,
)
from schema.tables.columns import Contract, polars_schema
from schema.tables.user_activity import UserActivity
from schema.windows import DayRange, parse_day
from tests.fixtures.cold import FEBRUARY, ColdPlatform
from tests.fixtures.erasing import AT, D, erase, events, found, reasons
from tests.fixtures.intake import Intake, RunScript, Source, name_of, uuid_of
from tests.fixtures.small_tables import uid

KILLED = """
import os, signal, sys
from pathlib import Path
from assets.lifecycle.erasure import Erasure
from assets.resources.cold_months import ColdStore
from assets.resources.lake import Lake
from assets.resources.postgres import Postgres
from assets.resources.tombstones import Tombstones

url, lake, folder, token, step = sys.argv[1:]

def stop_at(said):
    if said.startswith(step):
        os.kill(os.getpid(), signal.SIGKILL)

tombstones = Tombstones(Path(folder))
lake, cold = Lake(Path(lake)), ColdStore(Path("nowhere"))
Erasure(Postgres(url), lake, tombstones, cold, [], stop_at).go_on(token)
"""


@contextmanager
def restored_afterwards(root: Path, elsewhere: Path) -> Iterator[None]:
    """A folder is as before in the end, as one that is brought back from a copy."""
    copy = shutil.copytree(root, elsewhere / "copy")
    yield
    shutil.rmtree(root)
    shutil.copytree(copy, root)


def test_only_partitions_with_rows_of_the_account_are_published_anew_with_the_reason(
    lives: Source, guarded: Intake, erasure: Erasure
) -> None:
    lives.add("users", "newcomer", created_at="2024-02-27")
    guarded.ingest("2024-02-27")
    before = {
        (table, day): manifest.load_id
        for table in ("users", "comments", "user_engagement")
        for day in (parse_day("2024-02-27"), parse_day(D))
        if (manifest := guarded.lake.manifest(table, day))
    }

    receipt = erasure.go_on(erasure.begin(found(erasure)))

    after = {key: manifest.load_id for key in before if (manifest := guarded.lake.manifest(*key))}
    changed = {key for key in before if before[key] != after[key]}
    assert changed == {("users", parse_day(D)), ("user_engagement", parse_day(D))}
    assert events(guarded) == [uid("of others")]
    assert ("user_engagement", uid("author"), 1) in reasons(lives)
    assert ("user_engagement", None, 1) in reasons(lives)
    assert receipt
    assert receipt.days_to_run == (parse_day(D),)
    assert receipt.targets["lake/user_engagement"].rows == 2


def test_a_second_erasure_finds_nothing_left(lives: Source, erasure: Erasure) -> None:
    token = erase(erasure)

    assert erasure.go_on(token) is None
    assert [(r.token, r.rows) for r in erase_again(erasure)] == [(AGAIN, 0)]
    assert lives.execute("SELECT 1 FROM users WHERE id = %s", uuid_of("gone")) == []


def test_a_preview_counts_what_goes_and_changes_nothing(lives: Source, erasure: Erasure) -> None:
    preview = erasure.preview(found(erasure))

    assert preview.targets["user_engagement"].rows == 2
    assert preview.targets["lake/users"].rows == 1
    assert not erasure.folder.exists()
    assert lives.execute("SELECT count(*) FROM users WHERE id = %s", uuid_of("gone")) == [(1,)]


@pytest.mark.fault
@pytest.mark.parametrize(
    "step",
    [
        "erasing from the platform's tables",
        "looking through the lake",
        "erasing from the lake",
        "erasing from files",
    ],
)
def test_killed_anywhere_and_run_again_it_gives_the_same(
    lives: Source, guarded: Intake, erasure: Erasure, run_script: RunScript, step: str
) -> None:
    token = erasure.begin(found(erasure))
    places = (guarded.postgres.url, guarded.lake.root, erasure.folder, token, step)
    killed = run_script(KILLED, *places)
    assert killed.returncode == -signal.SIGKILL, killed.stderr

    receipt = erasure.go_on(token)

    assert receipt
    assert receipt.days_to_run == (parse_day(D),)
    assert receipt.targets["user_engagement"].rows == 2
    assert receipt.targets["lake/user_engagement"].rows == 2
    assert events(guarded) == [uid("of others")]
    assert erasure.unfinished() == []


class ErasingEngine:
    """Erases an account while a day is compared with what was published before."""

    def __init__(self, erasure: Erasure) -> None:
        self.engine, self.erasure, self.token = DuckDBEngine(), erasure, ""

    def scan(self, files: Sequence[Path], contract: type[Contract]) -> LazyFrame:
        if not self.token:
            self.token = self.erasure.begin(found(self.erasure))
            with pytest.raises(PartitionLockedError):
                self.erasure.go_on(self.token)
        return self.engine.scan(files, contract)

    def lazy(self, frame: pl.DataFrame) -> LazyFrame:
        return self.engine.lazy(frame)


def test_what_was_read_before_an_erasure_is_not_published_after_it(
    lives: Source, guarded: Intake, erasure: Erasure
) -> None:
    lives.add("user_engagement", "late", user_id="gone", engagement_type="SAVE", created_at=AT)
    engine = ErasingEngine(erasure)
    work = Ingest(guarded.postgres, guarded.publisher, engine, run_id="a run")

    with pytest.raises(DatabaseUnavailableError, match="erased while"):
        list(work.publish(DayRange(parse_day(D), parse_day(D))))

    assert erasure.go_on(engine.token)
    guarded.ingest(D)
    assert events(guarded) == [uid("of others")]


def test_what_was_computed_before_an_erasure_is_not_published_after_it(
    lives: Source, guarded: Intake, erasure: Erasure
) -> None:
    row = {"date": parse_day(D), "user_id": uid("gone"), "engagements": 1}
    frame = pl.DataFrame(
        [row | dict.fromkeys(("posts", "comments", "follows"), 0)],
        schema={"date": pl.Date, **polars_schema(UserActivity)},
    )
    days = DayRange(parse_day(D), parse_day(D))
    erase(erasure)

    with pytest.raises(SupersededWriterError, match="erased while"):
        guarded.publisher.publish(
            [Output("user_activity", UserActivity, frame)], days, run_id="a run"
        )

    assert guarded.lake.published_days("user_activity") == []


def test_an_account_that_has_the_id_of_an_erased_post_is_published_and_stays(
    lives: Source, guarded: Intake, erasure: Erasure
) -> None:
    lives.add("users", "their post", created_at=AT)
    lives.add("posts", "gone", user_id="their post", created_at=AT)
    lives.add("comments", "theirs", user_id="their post", post_id="gone", created_at=AT)
    guarded.ingest(D)
    erase(erasure)
    row = {"date": parse_day(D), "user_id": uid("their post"), "engagements": 1}
    frame = pl.DataFrame(
        [row | dict.fromkeys(("posts", "comments", "follows"), 0)],
        schema={"date": pl.Date, **polars_schema(UserActivity)},
    )
    days = DayRange(parse_day(D), parse_day(D))

    guarded.publisher.publish([Output("user_activity", UserActivity, frame)], days, run_id="a run")

    assert [(receipt.token, receipt.rows) for receipt in erase_again(erasure)] == [(AGAIN, 0)]
    for table, name in (("users", "their post"), ("posts", "gone"), ("comments", "theirs")):
        assert uid(name) in guarded.rows(table, D)["id"].to_list()
        assert lives.execute(f"SELECT 1 FROM {table} WHERE id = %s", uuid_of(name)) == [(1,)]
    assert guarded.rows("user_activity", D).height == 1


def test_a_database_older_than_an_erasure_is_not_read_until_it_was_applied_again(
    lives: Source, guarded: Intake, erasure: Erasure, tmp_path: Path
) -> None:
    with restored_afterwards(guarded.lake.root, tmp_path):
        token = erase(erasure)
    lives.execute("DELETE FROM pipeline.tombstones")
    lives.execute("DELETE FROM pipeline.erasures")
    lives.add("users", "gone", created_at=AT)
    lives.add("user_engagement", "back", user_id="gone", created_at=AT)
    with pytest.raises(ErasureUnfinishedError, match="erase --again"):
        guarded.ingest(D)

    receipts = list(erase_again(erasure))

    assert [receipt.token for receipt in receipts] == [token, AGAIN]
    assert lives.execute("SELECT 1 FROM users WHERE id = %s", uuid_of("gone")) == []
    assert events(guarded) == [uid("of others")]
    guarded.ingest(D)
    assert events(guarded) == [uid("of others")]


def test_an_older_lake_alone_is_swept_by_the_hashes(
    lives: Source, guarded: Intake, erasure: Erasure, tmp_path: Path
) -> None:
    with restored_afterwards(guarded.lake.root, tmp_path):
        erase(erasure)

    (receipt,) = erase_again(erasure)

    assert receipt.targets["lake/user_engagement"].rows == 2
    assert events(guarded) == [uid("of others")]


def test_a_sweep_that_was_stopped_keeps_the_days_that_it_has_changed(
    lives: Source, guarded: Intake, erasure: Erasure, tmp_path: Path
) -> None:
    with restored_afterwards(guarded.lake.root, tmp_path):
        erase(erasure)

    with (
        erasure.cold.writing(erasure.postgres),
        pytest.raises(PartitionLockedError, match="writing the cold store"),
    ):
        list(erase_again(erasure))
    (receipt,) = erase_again(erasure)

    assert receipt.days_to_run == (parse_day(D),)
    assert read_receipt(erasure.folder, AGAIN) == receipt


def test_a_home_without_the_key_of_the_database_s_tombstones_is_refused(
    lives: Source, erasure: Erasure, tmp_path: Path
) -> None:
    erase(erasure)
    elsewhere = replace(erasure, tombstones=Tombstones(tmp_path / "another home"))

    with pytest.raises(UsageError, match="another home"):
        list(erase_again(elsewhere))


@pytest.mark.fault
def test_two_erasures_do_not_run_at_once(erasure: Erasure) -> None:
    with (
        erasure.alone(),
        pytest.raises(PartitionLockedError, match="another erasure"),
        erasure.alone(),
    ):
        pass


def test_an_account_that_is_another_ones_username_is_not_guessed(
    source: Source, erasure: Erasure
) -> None:
    source.add("users", "confusing", username=str(uuid_of("author")))

    with pytest.raises(UsageError, match="username of one account and the id of another"):
        erasure.find(str(uuid_of("author")))
    assert erasure.find("nobody at all") is None


def test_what_killed_runs_have_staged_of_the_account_goes_too(
    lives: Source, guarded: Intake, erasure: Erasure
) -> None:
    folder = guarded.lake.root / "_staging" / "user_engagement" / f"date={D}" / "killed"
    folder.mkdir(parents=True)
    guarded.rows("user_engagement", D).write_parquet(folder / "killed.parquet")

    erase(erasure)

    assert list((guarded.lake.root / "_staging").rglob("*.parquet")) == []


def test_the_cold_store_loses_rows_of_the_account_and_its_posts_only(
    lives: Source, erasure: Erasure
) -> None:
    platform = ColdPlatform(lives, erasure.postgres, erasure.cold)
    platform.archive(FEBRUARY)
    platform.copy()
    platform.drop()

    receipt = erasure.go_on(erasure.begin(found(erasure)))

    assert receipt
    assert receipt.targets["cold/user_engagement"] == Removed(2, 1)
    (path,) = platform.paths(FEBRUARY)
    assert [name_of(raw) for raw in pl.read_parquet(path)["id"]] == ["of others"]
    assert platform.manifest(FEBRUARY).reason == "erased"
    assert list(inspect_cold_store(erasure.cold)) == []
    assert lives.execute("SELECT user_id FROM user_engagement_keys") == [(uuid_of("somebody"),)]


def test_a_cold_file_that_a_killed_writer_left_without_a_manifest_goes(
    lives: Source, erasure: Erasure
) -> None:
    platform = ColdPlatform(lives, erasure.postgres, erasure.cold)
    platform.archive(FEBRUARY)
    platform.copy()
    (path,) = platform.paths(FEBRUARY)
    (path.parent / MANIFEST).unlink()
    (erasure.cold.folder / CHAIN).unlink()

    receipt = erasure.go_on(erasure.begin(found(erasure)))

    assert receipt
    assert receipt.targets["cold/user_engagement"] == Removed(2, 1)
    assert not path.exists()
    assert platform.copy() == [FEBRUARY]


def test_a_cold_month_that_the_chain_names_is_no_killed_writer_s(
    lives: Source, erasure: Erasure
) -> None:
    platform = ColdPlatform(lives, erasure.postgres, erasure.cold)
    platform.archive(FEBRUARY)
    platform.copy()
    (path,) = platform.paths(FEBRUARY)
    (path.parent / MANIFEST).unlink()

    with pytest.raises(CorruptPartitionError, match="it is gone, and the chain names it"):
        erasure.go_on(erasure.begin(found(erasure)))
    assert path.exists()


@pytest.mark.parametrize("lost", ["the manifest", "chain and manifest", "bytes of the file"])
def test_a_damaged_cold_month_keeps_an_erasure_open_and_nothing_else(
    lives: Source, erasure: Erasure, tmp_path: Path, lost: str
) -> None:
    platform = ColdPlatform(lives, erasure.postgres, erasure.cold)
    platform.archive(FEBRUARY)
    platform.copy()
    platform.drop()
    (path,) = platform.paths(FEBRUARY)
    page = tmp_path / "reports" / f"{uuid_of('gone')}.html"
    page.parent.mkdir()
    page.touch()
    token = erasure.begin(found(erasure))

    with restored_afterwards(erasure.cold.root, tmp_path):
        if lost == "bytes of the file":
            path.write_bytes(b"PAR1")
        else:
            (path.parent / MANIFEST).unlink()
        if lost == "chain and manifest":
            (erasure.cold.folder / CHAIN).unlink()
        with pytest.raises(CorruptPartitionError, match="bring it back from a copy"):
            erasure.go_on(token)
        assert not page.exists()
    receipt = erasure.go_on(token)

    assert receipt
    assert receipt.targets["cold/user_engagement"] == Removed(2, 1)


def test_the_first_copy_into_the_cold_store_is_not_overtaken(
    lives: Source, erasure: Erasure
) -> None:
    token = erasure.begin(found(erasure))

    with (
        erasure.cold.writing(erasure.postgres),
        pytest.raises(PartitionLockedError, match="writing the cold store"),
    ):
        erasure.go_on(token)

    assert erasure.go_on(token)
