import shutil
from collections.abc import Callable, Iterable
from datetime import date
from typing import Any

import polars as pl
import psycopg
import pytest

from assets.resources.lake import Lake
from assets.resources.ledger import PartitionLedger
from assets.resources.manifest import MANIFEST, Manifest
from assets.resources.publishing import Output, Publisher
from schema.errors import ContractError, DatabaseUnavailableError, PartitionLockedError
from schema.tables.columns import polars_schema
from schema.tables.user_activity import UserActivity
from schema.windows import DayRange
from tests.fixtures.intake import put
from tests.fixtures.small_tables import uid

DAYS = DayRange(date(2024, 2, 28), date(2024, 3, 1))
TABLE = "user_activity"


def activity(*rows: tuple[date, str, int]) -> pl.DataFrame:
    facts = [(day, uid(name), engagements, 0, 0, 0) for day, name, engagements in rows]
    return pl.DataFrame(facts, schema=polars_schema(UserActivity), orient="row")


def output(*rows: tuple[date, str, int], table: str = TABLE) -> Output:
    return Output(table, UserActivity, activity(*rows))


FIRST = output((DAYS.first, "a", 1), (DAYS.last, "a", 2), (DAYS.last, "b", 3))


def content(lake: Lake, days: Iterable[date] = DAYS) -> list[list[int]]:
    return [
        [n for path in lake.files(TABLE, [day]) for n in pl.read_parquet(path)["engagements"]]
        for day in days
    ]


def books(connection: psycopg.Connection) -> list[tuple[Any, ...]]:
    rows = connection.execute(
        "SELECT table_name, partition_date, load_id, row_count, published_at "
        "FROM pipeline.partition_ledger ORDER BY 1, 2"
    ).fetchall()
    connection.commit()
    return rows


def interrupt_after(day: date) -> Callable[[Manifest], None]:
    def interrupt(manifest: Manifest) -> None:
        if manifest.day == day:
            raise InterruptedError

    return interrupt


def test_each_day_becomes_a_partition_and_a_day_without_rows_an_empty_one(
    publisher: Publisher, lake: Lake, connection: psycopg.Connection
) -> None:
    manifests = publisher.publish([FIRST], DAYS, run_id="a run")

    assert [(m.table, m.day, m.rows) for m in manifests] == [
        (TABLE, date(2024, 2, 28), 1),
        (TABLE, date(2024, 2, 29), 0),
        (TABLE, date(2024, 3, 1), 2),
    ]
    assert content(lake) == [[1], [], [2, 3]]
    assert [lake.manifest(TABLE, day) for day in DAYS] == manifests
    assert [row[:4] for row in books(connection)] == [
        (TABLE, m.day, m.load_id, m.rows) for m in manifests
    ]


def test_the_file_does_not_repeat_the_day_that_its_folder_says(
    publisher: Publisher, lake: Lake
) -> None:
    publisher.publish([FIRST], DAYS, run_id="a run")

    stored = pl.read_parquet(lake.files(TABLE, [DAYS.first])[0], hive_partitioning=False)
    assert stored.columns == [name for name in polars_schema(UserActivity) if name != "date"]


def test_several_tables_are_published_under_one_fence(publisher: Publisher) -> None:
    manifests = publisher.publish([FIRST, output(table="other")], DAYS, run_id="a run")

    assert {m.table for m in manifests} == {TABLE, "other"}
    assert len({m.fence for m in manifests}) == 1


def test_whoever_watches_hears_of_every_partition(lake: Lake, ledger: PartitionLedger) -> None:
    heard: list[Manifest] = []
    publisher = Publisher(lake, ledger, on_published=heard.append)

    assert publisher.publish([FIRST], DAYS, run_id="a run") == heard


def test_publishing_again_replaces_the_days_and_no_others(publisher: Publisher, lake: Lake) -> None:
    publisher.publish([FIRST], DAYS, run_id="a run")
    last = DayRange(DAYS.last, DAYS.last)

    publisher.publish([output((DAYS.last, "c", 9))], last, run_id="another run")

    assert content(lake) == [[1], [], [9]]


def test_days_to_publish_are_the_asked_ones_and_history_that_was_never_seen(
    publisher: Publisher,
) -> None:
    first = date(2024, 1, 1)
    for day in (1, 2, 4):
        put(publisher.lake, "t", date(2024, 1, day), pl.DataFrame({"n": [day]}))
    for day in (1, 4):
        put(publisher.lake, "u", date(2024, 1, day), pl.DataFrame({"n": [day]}))
    asked = DayRange(date(2024, 1, 6), date(2024, 1, 7))

    pieces = publisher.days_to_publish(
        ["t", "u"], asked, history=list(DayRange(first, date(2024, 1, 5)))
    )

    assert pieces == [
        DayRange(date(2024, 1, 2), date(2024, 1, 3)),
        DayRange(date(2024, 1, 5), date(2024, 1, 7)),
    ]
    assert publisher.days_to_publish(["t"], asked) == [asked]
    assert publisher.days_to_publish(["t"], asked, again=[first]) == [
        DayRange(first, first),
        asked,
    ]


@pytest.mark.parametrize("state", ["published", "being written"])
def test_days_that_the_books_know_and_the_lake_has_no_more_are_lost(
    publisher: Publisher, ledger: PartitionLedger, state: str
) -> None:
    assert publisher.lost([TABLE], DAYS) == []
    publisher.publish([FIRST], DAYS, run_id="a run")
    put(publisher.lake, "never booked", DAYS.first, pl.DataFrame({"n": [1]}))
    assert publisher.lost([TABLE, "never booked"], DAYS) == []

    shutil.rmtree(publisher.lake.partition_folder(TABLE, DAYS.last))
    if state == "being written":
        with ledger.write([TABLE], DAYS, run_id="one that was stopped"):
            pass

    assert publisher.lost([TABLE], DAYS) == [DAYS.last]
    assert publisher.lost([TABLE], DayRange(DAYS.first, DAYS.first)) == []


@pytest.mark.parametrize("times", [1, 2])
def test_days_whose_commit_failed_after_their_renames_are_published_again(
    lake: Lake, ledger: PartitionLedger, times: int
) -> None:
    publisher = Publisher(lake, ledger, on_published=interrupt_after(DAYS.first))
    for _ in range(times):
        with pytest.raises(InterruptedError):
            publisher.publish([FIRST], DAYS, run_id="a run")
    asked = DayRange(date(2024, 3, 3), date(2024, 3, 3))

    assert publisher.days_to_publish(["other", TABLE], asked) == [
        DayRange(DAYS.first, DAYS.first),
        asked,
    ]
    Publisher(lake, ledger).publish([FIRST], DAYS, run_id="the next run")
    assert publisher.days_to_publish(["other", TABLE], asked) == [asked]


def test_days_whose_renames_were_not_reached_and_days_of_long_before_wait(
    lake: Lake, ledger: PartitionLedger, connection: psycopg.Connection
) -> None:
    publisher = Publisher(lake, ledger)
    publisher.publish([FIRST], DAYS, run_id="a run")
    asked = DayRange(date(2024, 3, 3), date(2024, 3, 3))
    with ledger.write([TABLE], DAYS, run_id="stopped before its renames"):
        pass

    assert publisher.days_to_publish([TABLE], asked) == [asked]

    connection.execute("UPDATE pipeline.partition_ledger SET load_id = 'of before'")
    connection.commit()
    long_after = DayRange(date(2024, 6, 2), date(2024, 6, 2))
    long_before = DayRange(date(2023, 11, 27), date(2023, 11, 27))

    assert publisher.days_to_publish([TABLE], asked) == [DAYS, asked]
    assert publisher.days_to_publish([TABLE], long_after) == [long_after]
    assert publisher.days_to_publish([TABLE], long_before) == [long_before]
    day_later = DayRange(date(2023, 11, 28), date(2023, 11, 28))
    assert publisher.days_to_publish([TABLE], day_later) == [
        day_later,
        DayRange(DAYS.first, DAYS.first),
    ]
    assert publisher.days_to_publish([TABLE], DayRange(DAYS.last, long_after.last)) == [
        DayRange(DAYS.first, long_after.last)
    ]


def test_a_damaged_day_whose_writer_was_stopped_waits_for_its_own_run(
    publisher: Publisher, lake: Lake
) -> None:
    publisher.publish([FIRST], DAYS, run_id="a run")
    with publisher.ledger.write([TABLE], DAYS, run_id="stopped"):
        pass
    (lake.partition_folder(TABLE, DAYS.first) / MANIFEST).write_text("{}")
    asked = DayRange(date(2024, 3, 3), date(2024, 3, 3))

    assert publisher.days_to_publish([TABLE], asked) == [asked]


def test_a_broken_contract_publishes_nothing(
    publisher: Publisher, lake: Lake, connection: psycopg.Connection
) -> None:
    publisher.publish([FIRST], DAYS, run_id="a run")
    before = books(connection)

    with pytest.raises(ContractError, match=r"user_activity of 2024-02-28 to 2024-03-01 .*engagem"):
        publisher.publish([output((DAYS.first, "a", -1))], DAYS, run_id="another run")

    assert content(lake) == [[1], [], [2, 3]]
    assert books(connection) == before


def test_rows_of_other_days_are_refused_not_dropped(publisher: Publisher, lake: Lake) -> None:
    with pytest.raises(ContractError, match="1 rows of other days, such as 2024-03-02"):
        publisher.publish(
            [output((DAYS.first, "a", 1), (date(2024, 3, 2), "a", 1))], DAYS, run_id="a run"
        )

    assert lake.missing_days(TABLE, DAYS) == list(DAYS)


def test_what_is_written_back_commits_together_with_the_books(
    publisher: Publisher, lake: Lake, connection: psycopg.Connection
) -> None:
    def write(session: psycopg.Connection) -> None:
        session.execute("INSERT INTO system_metrics (metric_name, metric_value) VALUES ('m', 1)")
        assert connection.execute("SELECT count(*) FROM system_metrics").fetchone() == (0,)
        assert books(connection)[0][2] is None
        assert lake.manifest(TABLE, DAYS.first) is None

    publisher.publish([FIRST], DAYS, run_id="a run", write_back=write)

    assert connection.execute("SELECT count(*) FROM system_metrics").fetchone() == (1,)
    assert books(connection)[0][2] is not None


def test_an_error_while_writing_back_leaves_postgres_books_and_lake_as_they_were(
    publisher: Publisher, lake: Lake, connection: psycopg.Connection
) -> None:
    publisher.publish([FIRST], DAYS, run_id="a run")
    before = books(connection)

    def fail(session: psycopg.Connection) -> None:
        session.execute("INSERT INTO system_metrics (metric_name, metric_value) VALUES ('m', 1)")
        session.execute("SELECT 1 / 0")

    with pytest.raises(psycopg.errors.DivisionByZero):
        publisher.publish([output((DAYS.first, "z", 5))], DAYS, run_id="new", write_back=fail)

    assert connection.execute("SELECT count(*) FROM system_metrics").fetchone() == (0,)
    assert books(connection) == before
    assert content(lake) == [[1], [], [2, 3]]


@pytest.mark.fault
def test_a_connection_lost_while_writing_back_leaves_everything_as_it_was(
    publisher: Publisher, lake: Lake, connection: psycopg.Connection
) -> None:
    connection.autocommit = True
    publisher.publish([FIRST], DAYS, run_id="a run")
    before = books(connection)

    def lose(session: psycopg.Connection) -> None:
        connection.execute("SELECT pg_terminate_backend(%s, 10000)", [session.info.backend_pid])

    with pytest.raises(DatabaseUnavailableError, match="run again"):
        publisher.publish([output((DAYS.first, "z", 5))], DAYS, run_id="new", write_back=lose)

    assert books(connection) == before
    assert content(lake) == [[1], [], [2, 3]]


def test_a_partition_that_another_run_works_on_is_refused(
    publisher: Publisher, ledger: PartitionLedger, lake: Lake
) -> None:
    other_days = DayRange(DAYS.last, date(2024, 3, 5))
    with (
        ledger.write([TABLE], other_days, run_id="other"),
        pytest.raises(PartitionLockedError, match="user_activity of 2024-03-01"),
    ):
        publisher.publish([FIRST], DAYS, run_id="a run")

    assert lake.missing_days(TABLE, DAYS) == list(DAYS)
