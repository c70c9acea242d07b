"""Engagement that was archived as the specification has it, by copying and deleting."""

import psycopg
import pytest

from assets.lifecycle.engagement_definitions import archive_metadata
from pipelines.cli.archive import describe
from tests.fixtures.aged_engagement import Aged, day
from tests.fixtures.archiving import COPIES, DECEMBER, NOVEMBER, archive, planned
from tests.fixtures.noted_days import noted_sums
from tests.fixtures.platform_rows import unmatched_keys


@pytest.fixture
def connection(months: Aged) -> psycopg.Connection:
    return months.connection


def copy_before(connection: psycopg.Connection, moment: str) -> None:
    """The first half of the specification's archive, noted row by row as any other insert is."""
    connection.execute("SET LOCAL sociallive.noted_in_bulk = 'off'")
    connection.execute(
        "INSERT INTO user_engagement_archive SELECT * FROM user_engagement WHERE created_at < %s",
        [moment],
    )


@pytest.mark.parametrize("archived_before", [None, "2024-01-04"])
@pytest.mark.parametrize("cut_off", ["2024-01-22", "2024-02-01"])
def test_what_was_archived_by_copying_goes_into_its_months(
    months: Aged, connection: psycopg.Connection, archived_before: str | None, cut_off: str
) -> None:
    months.add("2021-05-05", 3)
    if archived_before:
        archive(months, archived_before)
    before = months.everything()
    copy_before(connection, "2024-01-21")
    copied = months.archived()[COPIES]
    connection.execute("DELETE FROM user_engagement WHERE created_at < '2024-01-21'")

    report = archive(months, cut_off)

    assert report.copied_rows == copied
    assert COPIES not in months.archived()
    assert sum(months.archived().values()) == len(before)
    assert (months.everything(), months.misplaced(day(cut_off))) == (before, [])
    assert (unmatched_keys(connection), noted_sums(connection)) == ([], {})
    assert planned(months, cut_off) == []


def test_a_run_that_moves_copies_alone_says_so(
    months: Aged, connection: psycopg.Connection
) -> None:
    months.add("2023-10-05", 3)
    copy_before(connection, "2023-10-11")
    connection.execute("DELETE FROM user_engagement WHERE created_at < '2023-10-11'")
    copied = months.archived()[COPIES]

    report = archive(months, "2023-10-11")

    assert (report.attached_months, report.moved_rows) == ([], 0)
    assert archive_metadata(report)["rows_copied_before"] == copied > 0
    [done, told] = describe(report)
    assert "0 months at once" in done
    assert told.startswith(f"{copied} rows that somebody had copied into the archive")
    assert describe(archive(months, "2023-10-11")) == [
        "No engagement before 2023-10-11 was left to be archived."
    ]


def test_a_copy_whose_row_was_never_deleted_stays_once(
    months: Aged, connection: psycopg.Connection
) -> None:
    before = months.everything()
    copy_before(connection, "2024-01-01")

    assert archive(months, "2024-01-01").copied_rows == 4
    assert months.archived() == {NOVEMBER: 2, DECEMBER: 2}
    assert months.everything() == before
    assert (unmatched_keys(connection), noted_sums(connection)) == ([], {})


def test_copies_without_a_month_stay_where_they_are(
    months: Aged, connection: psycopg.Connection
) -> None:
    for moment in ("0001-01-01", "1969-12-31 23:59:50"):
        months.add(moment, 2)
    before = months.everything()
    copy_before(connection, "1970-01-01")
    connection.execute("DELETE FROM user_engagement WHERE created_at < '1970-01-01'")

    archive(months, "2024-01-01")

    assert months.archived() == {NOVEMBER: 2, DECEMBER: 2, COPIES: 4}
    assert (months.everything(), unmatched_keys(connection)) == (before, [])
