from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from typing import Any

import psycopg
import pytest

from assets.ingestion.extract import open_reader
from assets.resources.postgres import Postgres
from assets.resources.snapshot import Snapshot, open_snapshot
from schema.errors import DatabaseUnavailableError
from schema.windows import DayRange
from tests.fixtures.intake import Source

DAY = date(2024, 2, 29)


@pytest.fixture
def server_now(connection: psycopg.Connection) -> Callable[[], datetime]:
    def ask() -> datetime:
        connection.autocommit = True
        row = connection.execute("SELECT clock_timestamp()").fetchone()
        assert row is not None
        return row[0]  # type: ignore[no-any-return]

    return ask


@pytest.fixture
def without_right_to_see_others(postgres_server: Any, database: str) -> Iterator[None]:
    postgres_server.execute("REVOKE pg_read_all_stats FROM sociallive_reader")
    yield
    postgres_server.execute("GRANT pg_read_all_stats TO sociallive_reader")


def settled_until(postgres: Postgres) -> datetime:
    with open_snapshot(postgres) as snapshot:
        return snapshot.settled_until


def test_all_readers_see_one_state_although_rows_are_committed_meanwhile(
    postgres: Postgres, source: Source
) -> None:
    source.add("posts", "before", created_at="2024-02-29")

    def ids(snapshot: Snapshot) -> list[bytes]:
        with open_reader(postgres, snapshot) as reader:
            return [raw for frame in reader.read("posts", DAY) for raw in frame["id"]]

    with open_snapshot(postgres) as snapshot:
        source.add("posts", "meanwhile", created_at="2024-02-29")
        first = ids(snapshot)
        source.execute("DELETE FROM posts WHERE content = 'text' AND created_at = '2024-02-29'")
        with ThreadPoolExecutor(2) as pool:
            others = list(pool.map(ids, [snapshot, snapshot]))

    assert [raw.rstrip(b"\0") for raw in first] == [b"before"]
    assert others == [first, first]
    with open_snapshot(postgres) as newer:
        assert ids(newer) == []


def test_a_snapshot_knows_when_it_was_taken(
    postgres: Postgres, server_now: Callable[[], datetime]
) -> None:
    before = server_now()
    with open_snapshot(postgres) as snapshot:
        after = server_now()

        assert before <= snapshot.taken_at <= after
        assert snapshot.taken_at.utcoffset() == timedelta(0)
        assert snapshot.name


def test_without_open_transactions_everything_up_to_now_is_settled(
    postgres: Postgres, server_now: Callable[[], datetime]
) -> None:
    before = server_now()

    assert before <= settled_until(postgres) <= server_now()


def test_a_transaction_that_began_before_keeps_the_past_open_until_it_ends(
    postgres: Postgres, other_session: psycopg.Connection, server_now: Callable[[], datetime]
) -> None:
    row = other_session.execute("SELECT now()").fetchone()
    assert row is not None
    began = row[0]

    assert settled_until(postgres) == began

    other_session.commit()
    assert settled_until(postgres) > began


def test_a_transaction_that_has_only_read_keeps_the_past_open_too(
    postgres: Postgres, source: Source, other_session: psycopg.Connection
) -> None:
    began = other_session.execute("SELECT now()").fetchone()
    assert began is not None
    with open_snapshot(postgres) as snapshot:
        # It had no transaction id yet when the snapshot was taken, and stamps its row before it.
        other_session.execute(
            "INSERT INTO system_metrics (metric_name, metric_value) VALUES ('m', 1)"
        )
        other_session.commit()
        stamped = source.execute("SELECT timestamp FROM system_metrics")[0][0].replace(tzinfo=UTC)

        assert stamped < snapshot.taken_at
        assert snapshot.settled_until <= stamped


def test_idle_sessions_keep_nothing_open(
    postgres: Postgres, other_session: psycopg.Connection, server_now: Callable[[], datetime]
) -> None:
    other_session.execute("SELECT 1")
    other_session.commit()
    before = server_now()

    assert settled_until(postgres) >= before


def test_transactions_of_other_databases_keep_nothing_open(
    postgres: Postgres, postgres_server: Any, server_now: Callable[[], datetime]
) -> None:
    with psycopg.connect(postgres_server.url("postgres")) as elsewhere:
        elsewhere.execute("SELECT 1")
        before = server_now()

        assert settled_until(postgres) >= before


@pytest.mark.fault
def test_without_the_right_to_see_other_sessions_nothing_is_settled(
    postgres: Postgres, without_right_to_see_others: None
) -> None:
    with open_snapshot(postgres) as snapshot:
        assert snapshot.settled_until == datetime(1, 1, 2, tzinfo=UTC)
        assert not snapshot.is_settled(DayRange(date(2010, 1, 1), date(2010, 1, 1)))


@pytest.mark.parametrize(
    ("settled", "final"),
    [
        (datetime(2024, 3, 1, tzinfo=UTC), True),
        (datetime(2024, 2, 29, 23, 59, 59, 999_999, tzinfo=UTC), False),
    ],
)
def test_a_range_is_final_once_its_last_instant_is_settled(
    connection: psycopg.Connection, settled: datetime, *, final: bool
) -> None:
    snapshot = Snapshot("name", "1:1:", settled, settled, psycopg.ClientCursor(connection))

    assert snapshot.is_settled(DayRange(date(2024, 2, 1), DAY)) == final


@pytest.mark.fault
def test_a_snapshot_whose_server_session_was_ended_is_one_sentence(
    postgres: Postgres, source: Source
) -> None:
    def outlive() -> None:
        with open_snapshot(postgres) as snapshot:
            pid = snapshot.composer.connection.info.backend_pid
            source.execute("SELECT pg_terminate_backend(%s, 10000)", pid)
            with open_reader(postgres, snapshot):
                raise AssertionError("the snapshot outlived its session")

    with pytest.raises(DatabaseUnavailableError, match=r"reading the snapshot .* failed"):
        outlive()
