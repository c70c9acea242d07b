"""The connection breaks or falls silent in the middle of a COPY: nothing is half done."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path

import polars as pl
import psycopg
import pytest

from assets.ingestion.drift import refuse_drift
from assets.ingestion.extract import open_reader
from assets.ingestion.ingest import TABLES
from assets.resources import read_timeout
from assets.resources.lake import Lake
from assets.resources.ledger import PartitionLedger
from assets.resources.postgres import Postgres, Role
from assets.resources.publishing import Publisher
from assets.resources.snapshot import open_snapshot
from assets.seeding.load import load_directory
from schema.errors import DatabaseUnavailableError, SchemaMismatchError
from schema.migrate import Migration, known_migrations, migrate, require_current_schema
from schema.windows import parse_day
from tests.fixtures.intake import Intake, Source
from tests.fixtures.relay import Relay

pytestmark = pytest.mark.fault

D = "2024-02-29"
COMMENTS = 20_000
MANY_COMMENTS = """
    INSERT INTO comments (post_id, user_id, content, created_at)
    SELECT posts.id, posts.user_id, 'text', %s::timestamp + n * interval '1 second'
    FROM posts, generate_series(1, 20000) AS n
"""
OTHERS_LOCK = "SELECT 1 FROM pg_locks WHERE locktype = 'advisory'"
WAITS_FOR_A_TABLE = "SELECT 1 FROM pg_locks WHERE NOT granted AND relation = 'comments'::regclass"


@pytest.fixture
def far_intake(far: Postgres, lake: Lake) -> Intake:
    return Intake(far, Publisher(lake, PartitionLedger(far)))


@pytest.mark.parametrize("more_bytes", [100, 60_000, 1_000_000])
def test_a_reading_that_is_cut_publishes_nothing_and_the_next_one_all(
    source: Source, intake: Intake, far_intake: Intake, relay: Relay, more_bytes: int
) -> None:
    source.execute(MANY_COMMENTS, D)
    relay.cut_after(more_bytes)

    with pytest.raises(DatabaseUnavailableError) as refusal:
        far_intake.ingest(D)

    assert "\n" not in str(refusal.value)
    assert [table for table in TABLES if intake.lake.manifest(table, parse_day(D))] == []
    assert list(intake.lake.root.rglob("*.parquet")) == []
    relay.clear_up()
    far_intake.ingest(D)
    assert far_intake.rows("comments", D).height == COMMENTS
    assert far_intake.rows("comments", D)["id"].is_unique().all()


@pytest.mark.parametrize("more_bytes", [60_000, 1_000_000])
def test_a_reading_that_hears_nothing_more_of_a_living_server_is_given_up(
    source: Source,
    intake: Intake,
    far_intake: Intake,
    relay: Relay,
    monkeypatch: pytest.MonkeyPatch,
    more_bytes: int,
) -> None:
    source.execute(MANY_COMMENTS, D)
    monkeypatch.setattr(read_timeout, "READ_TIMEOUT_S", 0.5)
    relay.fall_silent_after(more_bytes)

    with pytest.raises(DatabaseUnavailableError, match="said nothing for"):
        far_intake.ingest(D)

    assert list(intake.lake.root.rglob("*.parquet")) == []
    relay.clear_up()
    while source.execute(OTHERS_LOCK):
        time.sleep(0.01)
    monkeypatch.undo()
    far_intake.ingest(D)
    assert far_intake.rows("comments", D).height == COMMENTS


def test_a_session_that_hears_nothing_is_one_sentence_that_may_be_retried(
    far: Postgres, relay: Relay, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(read_timeout, "READ_TIMEOUT_S", 0.5)
    with pytest.raises(DatabaseUnavailableError, match="said nothing for"):
        ask_after(far, lambda _session: relay.fall_silent_after(0))


@pytest.mark.parametrize("more_bytes", [10_000, 400_000])
def test_a_load_that_is_cut_leaves_no_row_and_the_next_one_brings_all(
    far: Postgres,
    relay: Relay,
    connection: psycopg.Connection,
    healthy_files: Path,
    tmp_path: Path,
    more_bytes: int,
) -> None:
    def load() -> int:
        report = load_directory(
            far,
            healthy_files,
            ending=None,
            rejects=tmp_path / "rejects",
            progress=lambda _sentence: None,
        )
        return report.tables[0].loaded

    relay.cut_after(more_bytes)
    with pytest.raises(DatabaseUnavailableError):
        load()

    assert connection.execute("SELECT count(*) FROM users").fetchone() == (0,)
    relay.clear_up()
    assert load() == COMMENTS


@pytest.fixture
def healthy_files(tmp_path: Path) -> Path:
    """Many users, and empty files of the other tables."""
    folder = tmp_path / "files"
    folder.mkdir()
    names = [f"user{number}" for number in range(COMMENTS)]
    pl.DataFrame({"username": names}).write_parquet(folder / "users.parquet")
    for name, columns in (
        ("posts", "user_id,content,created_at"),
        ("comments", "post_id,user_id,content,created_at"),
        ("user_followers", "follower_id,following_id"),
        ("user_engagement", "user_id,post_id,engagement_type,created_at"),
    ):
        (folder / f"{name}.csv").write_text(f"{columns}\n")
    return folder


def test_a_commit_that_is_lost_or_its_answer_is_made_good_by_the_next_run(
    source: Source, intake: Intake, far_intake: Intake, relay: Relay
) -> None:
    lost = 0
    for number in count(1):
        source.add("comments", f"comment {number}", created_at=D)
        relay.lose_commit(number)
        if is_done(far_intake):
            break
        lost += 1
        relay.clear_up()
        far_intake.ingest(D)

        assert intake.rows("comments", D).height == number
        books = "SELECT DISTINCT state FROM pipeline.partition_ledger"
        assert source.execute(books) == [("published",)]
        assert len(list(intake.lake.root.glob("comments/*/*.parquet"))) == 1
        assert list((intake.lake.root / "_staging").rglob("*.parquet")) == []
        # The first reading of a day is no change; each comment since has kept its reason.
        late = "SELECT count(*) FROM pipeline.source_changes WHERE source_table = 'comments'"
        assert source.execute(f"{late} AND reason = 'late'")[0][0] >= number - 1
    assert lost >= 2


def is_done(intake: Intake) -> bool:
    try:
        intake.ingest(D)
    except DatabaseUnavailableError:
        return False
    return True


def ask_after(postgres: Postgres, before: Callable[[psycopg.Connection], object]) -> None:
    """A question in a session to which something happened."""
    with postgres.session(Role.READER) as session:
        before(session)
        session.execute("SELECT pg_sleep(60)")


def test_a_session_whose_connection_is_cut_is_one_sentence_that_may_be_retried(
    far: Postgres, relay: Relay
) -> None:
    with pytest.raises(DatabaseUnavailableError, match="Nothing of it was committed: run again"):
        ask_after(far, lambda _session: relay.cut_after(0))


def test_a_statement_that_takes_too_long_is_one_sentence_that_may_be_retried(
    postgres: Postgres,
) -> None:
    with pytest.raises(DatabaseUnavailableError, match="statement timeout"):
        ask_after(postgres, lambda session: session.execute("SET statement_timeout = 50"))


def test_a_migration_beside_a_reading_waits_and_what_is_read_is_one_state(
    source: Source, postgres: Postgres
) -> None:
    source.execute(MANY_COMMENTS, D)
    newer = Migration("9999_mood", "ALTER TABLE comments ADD COLUMN mood TEXT NOT NULL DEFAULT ''")

    with (
        ThreadPoolExecutor(1) as beside,
        open_snapshot(postgres) as snapshot,
        open_reader(postgres, snapshot) as reader,
    ):
        batches = iter(reader.read("comments", parse_day(D)))
        rows = next(batches).height
        migrating = beside.submit(migrate, postgres.url, [*known_migrations(), newer])
        while not source.execute(WAITS_FOR_A_TABLE):
            assert not migrating.done()
        rows += sum(batch.height for batch in batches)
        reader.rows.arrow.rollback()

        assert migrating.result(60).applied == ("9999_mood",)
    assert rows == COMMENTS
    refuse_drift(postgres)
    with (
        pytest.raises(SchemaMismatchError, match=r"newer schema than this code \(9999_mood\)"),
        postgres.administration() as session,
    ):
        require_current_schema(session)
