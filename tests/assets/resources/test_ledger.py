from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, date, datetime
from threading import Barrier
from typing import Any

import polars as pl
import psycopg
import pytest

from assets.resources.lake import Lake
from assets.resources.ledger import PartitionLedger, PartitionWriter
from assets.resources.manifest import DataFile, Extraction, Manifest
from schema.errors import DatabaseUnavailableError, PartitionLockedError, SupersededWriterError
from schema.windows import DayRange
from tests.fixtures.intake import put

FIRST = date(2024, 2, 28)
DAY = date(2024, 2, 29)
DAYS = DayRange(FIRST, DAY)
NOON = datetime(2024, 3, 1, 12, tzinfo=UTC)


@contextmanager
def writing(
    ledger: PartitionLedger, *tables: str, days: DayRange = DAYS, run_id: str = "a run"
) -> Iterator[PartitionWriter]:
    with ledger.write(tables or ("posts",), days, run_id=run_id) as writer:
        yield writer


def booked(connection: psycopg.Connection, *columns: str) -> list[tuple[Any, ...]]:
    statement = f"SELECT {', '.join(columns)} FROM pipeline.partition_ledger ORDER BY 1, 2"
    rows = connection.execute(statement.encode()).fetchall()
    connection.commit()
    return rows


def manifest(day: date, *, rows: int, fence: int, final: bool | None = None) -> Manifest:
    extraction = None if final is None else Extraction(NOON, NOON, "snapshot", is_final=final)
    files = [DataFile("a.parquet", rows, 10, "")]
    return Manifest("posts", day, f"load of {day}", fence, files, extraction)


def test_a_second_writer_of_a_partition_is_refused_by_table_and_day(
    ledger: PartitionLedger,
) -> None:
    with (
        writing(ledger, "posts", "users"),
        pytest.raises(PartitionLockedError, match="working on users of 2024-02-29: wait"),
        writing(ledger, "comments", "users", days=DayRange(DAY, DAY)),
    ):
        raise AssertionError("two writers of one partition")


@pytest.mark.parametrize(("tables", "others"), [(("posts",), 1), (("posts", "users"), 3)])
def test_a_refusal_counts_what_else_is_held(
    ledger: PartitionLedger, tables: tuple[str, ...], others: int
) -> None:
    with (
        writing(ledger, *tables),
        pytest.raises(PartitionLockedError, match=f"posts of 2024-02-28 and {others} more: wait"),
        writing(ledger, "users", "posts"),
    ):
        raise AssertionError("two writers of one partition")


def test_other_tables_and_other_days_go_on(ledger: PartitionLedger) -> None:
    with (
        writing(ledger, "posts"),
        writing(ledger, "users"),
        writing(ledger, "posts", days=DayRange(date(2024, 3, 1), date(2024, 3, 2))) as third,
    ):
        assert third.days == (date(2024, 3, 1), date(2024, 3, 2))


def test_a_refused_writer_holds_nothing(ledger: PartitionLedger) -> None:
    with (
        writing(ledger, "users"),
        pytest.raises(PartitionLockedError),
        writing(ledger, "posts", "users"),
    ):
        raise AssertionError("two writers of one partition")

    with writing(ledger, "posts", "users") as writer:
        assert writer.fence > 0


@pytest.mark.fault
def test_of_many_writers_at_once_exactly_one_gets_the_partition(ledger: PartitionLedger) -> None:
    everybody_tried = Barrier(4)

    def attempt(number: int) -> bool:
        try:
            with writing(ledger, run_id=f"run {number}"):
                everybody_tried.wait(timeout=30)
                return True
        except PartitionLockedError:
            everybody_tried.wait(timeout=30)
            return False

    with ThreadPoolExecutor(4) as pool:
        outcomes = list(pool.map(attempt, range(4)))

    assert sorted(outcomes) == [False, False, False, True]


def test_each_writer_has_a_higher_fence_than_the_one_before(ledger: PartitionLedger) -> None:
    fences = []
    for _ in range(3):
        with writing(ledger) as writer:
            fences.append(writer.fence)

    assert fences == sorted(set(fences))


def test_the_books_say_writing_and_then_what_was_published(
    ledger: PartitionLedger, connection: psycopg.Connection
) -> None:
    columns = ("partition_date", "state", "fence", "run_id", "load_id", "row_count", "is_final")
    with writing(ledger, run_id="run 1") as writer:
        begun = booked(connection, *columns)
        with writer.publication():
            writer.record(
                [
                    manifest(FIRST, rows=3, fence=writer.fence, final=True),
                    manifest(DAY, rows=0, fence=writer.fence, final=False),
                ]
            )
            assert booked(connection, *columns) == begun

    fence = writer.fence
    assert begun == [
        (FIRST, "writing", fence, "run 1", None, None, None),
        (DAY, "writing", fence, "run 1", None, None, None),
    ]
    assert booked(connection, *columns) == [
        (FIRST, "published", fence, "run 1", "load of 2024-02-28", 3, True),
        (DAY, "published", fence, "run 1", "load of 2024-02-29", 0, False),
    ]


def test_a_computed_table_has_no_finality_of_its_own(
    ledger: PartitionLedger, connection: psycopg.Connection
) -> None:
    with writing(ledger) as writer, writer.publication():
        writer.record([manifest(DAY, rows=1, fence=writer.fence)])

    assert booked(connection, "partition_date", "state", "is_final") == [
        (FIRST, "writing", None),
        (DAY, "published", None),
    ]


def test_the_books_have_the_versions_of_the_metrics_of_a_table_that_has_some(
    ledger: PartitionLedger, connection: psycopg.Connection
) -> None:
    with writing(ledger) as writer, writer.publication():
        records = [manifest(day, rows=1, fence=writer.fence) for day in DAYS]
        writer.record(records, {"posts": {"likes": 2, 'a "b"': 1}})
    after_first = booked(connection, "table_name", "metric_versions")
    with writing(ledger) as writer, writer.publication():
        writer.record([manifest(FIRST, rows=1, fence=writer.fence)])

    assert after_first == [("posts", {"likes": 2, 'a "b"': 1})] * 2
    assert booked(connection, "partition_date", "metric_versions") == [
        (FIRST, None),
        (DAY, {"likes": 2, 'a "b"': 1}),
    ]


def test_the_books_keep_the_last_publication_while_the_next_is_written(
    ledger: PartitionLedger, connection: psycopg.Connection
) -> None:
    with writing(ledger) as writer, writer.publication():
        writer.record([manifest(day, rows=3, fence=writer.fence) for day in DAYS])
    with writing(ledger, run_id="run 2"):
        pass

    assert booked(connection, "partition_date", "state", "run_id", "row_count") == [
        (FIRST, "writing", "run 2", 3),
        (DAY, "writing", "run 2", 3),
    ]


def test_days_whose_writer_was_stopped_are_unfinished(ledger: PartitionLedger) -> None:
    with writing(ledger, "posts"), writing(ledger, "users"):
        pass
    with writing(ledger, "posts", days=DayRange(DAY, DAY)) as writer, writer.publication():
        writer.record([manifest(DAY, rows=1, fence=writer.fence)])

    assert ledger.unfinished(["posts"], DAYS) == {("posts", FIRST): None}
    assert ledger.unfinished(["posts"], DayRange(DAY, DAY)) == {}
    assert ledger.unfinished(["posts", "users"], DAYS) == {
        ("posts", FIRST): None,
        ("users", FIRST): None,
        ("users", DAY): None,
    }
    assert ledger.unfinished(["comments"], DAYS) == {}


def test_an_unfinished_day_names_the_load_that_was_noted_before(ledger: PartitionLedger) -> None:
    with writing(ledger, "posts") as writer, writer.publication():
        writer.record([manifest(day, rows=1, fence=writer.fence) for day in DAYS])
    with writing(ledger, "posts", days=DayRange(DAY, DAY)):
        pass

    assert ledger.unfinished(["posts"], DAYS) == {("posts", DAY): f"load of {DAY}"}


def test_a_failure_in_the_publication_takes_everything_back(
    ledger: PartitionLedger, connection: psycopg.Connection
) -> None:
    def fail() -> None:
        with writing(ledger) as writer, writer.publication() as work:
            work.execute("INSERT INTO system_metrics (metric_name, metric_value) VALUES ('m', 1)")
            writer.record([manifest(DAY, rows=1, fence=writer.fence)])
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()

    assert {state for _, state in booked(connection, "partition_date", "state")} == {"writing"}
    assert connection.execute("SELECT count(*) FROM system_metrics").fetchone() == (0,)


@pytest.mark.fault
def test_a_writer_whose_server_session_was_ended_loses_its_lock_and_cannot_publish(
    ledger: PartitionLedger, connection: psycopg.Connection, lake: Lake
) -> None:
    connection.autocommit = True

    def publish_late() -> None:
        with writing(ledger) as lost:
            staged = lake.stage("posts", DAY, [one_row()], fence=lost.fence)
            pid = lost.connection.info.backend_pid
            connection.execute("SELECT pg_terminate_backend(%s, 10000)", [pid])
            with writing(ledger, run_id="newer") as newer, newer.publication():
                newer.record([put(lake, "posts", DAY, one_row(), fence=newer.fence)])
            with lost.publication():
                lake.publish(staged)

    with pytest.raises(DatabaseUnavailableError, match="did not finish"):
        publish_late()

    newest = lake.manifest("posts", DAY)
    assert newest is not None
    assert booked(connection, "partition_date", "run_id", "load_id", "fence")[1] == (
        DAY,
        "newer",
        newest.load_id,
        newest.fence,
    )


@pytest.mark.fault
def test_a_writer_whose_lock_was_lost_unnoticed_is_stopped_by_the_fence(
    ledger: PartitionLedger, lake: Lake
) -> None:
    with writing(ledger) as lost:
        staged = lake.stage("posts", DAY, [one_row()], fence=lost.fence)
        # What a pooler between us and the server does to a session's locks.
        lost.connection.execute("SELECT pg_advisory_unlock_all()")
        with writing(ledger, days=DayRange(DAY, DAY), run_id="newer") as newer:
            assert newer.fence > lost.fence
        with (
            pytest.raises(SupersededWriterError, match="took over posts of 2024-02-28 to 2024-02"),
            lost.publication(),
        ):
            lake.publish(staged)

    assert lake.manifest("posts", DAY) is None
    assert list(lake.root.glob("posts/*/*")) == []


def test_nobody_takes_a_partition_over_while_it_is_being_published(
    ledger: PartitionLedger, connection: psycopg.Connection
) -> None:
    connection.execute("SET lock_timeout = '50ms'")
    with writing(ledger) as writer:
        connection.commit()
        with writer.publication(), pytest.raises(psycopg.errors.LockNotAvailable):
            connection.execute("UPDATE pipeline.partition_ledger SET fence = fence + 1")


def one_row() -> pl.DataFrame:
    return pl.DataFrame({"n": [1]})
