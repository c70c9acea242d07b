"""Columns that the platform adds to engagement go with their rows, or stop the archive."""

import pytest

from schema.errors import ContractError
from tests.fixtures.aged_engagement import Aged
from tests.fixtures.archiving import DECEMBER, NOVEMBER, PART_OF_JANUARY, archive, planned
from tests.fixtures.platform_rows import rows
from tests.fixtures.postgres import numbered

WEEK = "week INTEGER GENERATED ALWAYS AS (extract(WEEK FROM created_at)) STORED"
ADDED = "SELECT count(*), count(device), count(week) FROM user_engagement_archive"
NUMBERS = "SELECT id, number FROM {} ORDER BY id"


def add_column(months: Aged, table: str, column: str) -> None:
    months.connection.execute(f"ALTER TABLE {table} ADD COLUMN {column}".encode())


def test_columns_that_were_added_to_both_tables_are_archived_with_their_values(
    months: Aged,
) -> None:
    for table in ("user_engagement", "user_engagement_archive"):
        add_column(months, table, "device TEXT")
        add_column(months, table, WEEK)
    months.connection.execute("UPDATE user_engagement SET device = 'phone'")

    archive(months, "2024-01-10")

    assert months.archived() == {NOVEMBER: 2, DECEMBER: 2, PART_OF_JANUARY: 5}
    assert rows(months.connection, ADDED) == [(9, 9, 9)]


def test_numbers_that_the_platform_gives_its_rows_go_with_them(months: Aged) -> None:
    for table in ("user_engagement", "user_engagement_archive"):
        add_column(months, table, f"number {numbered(months.connection)}")
    before = rows(months.connection, NUMBERS.format("user_engagement"))

    archive(months, "2024-01-25")

    assert months.archived() == {NOVEMBER: 2, DECEMBER: 2, PART_OF_JANUARY: 12}
    assert rows(months.connection, NUMBERS.format("user_engagement_archive")) == before


@pytest.mark.parametrize(
    ("table", "column", "named"),
    [
        (
            "user_engagement",
            '"The device" TEXT',
            r'ALTER TABLE user_engagement_archive ADD COLUMN "The device" text$',
        ),
        (
            "user_engagement",
            WEEK,
            r"ADD COLUMN week integer GENERATED ALWAYS AS \(EXTRACT\(week FROM \w+\)\) STORED$",
        ),
        (
            "user_engagement_archive",
            "device TEXT",
            "device is missing in user_engagement and text in user_engagement_archive",
        ),
    ],
)
def test_a_column_that_one_table_lacks_is_named_before_anything_moves(
    months: Aged, table: str, column: str, named: str
) -> None:
    add_column(months, table, column)

    assert planned(months, "2023-11-01") == []
    with pytest.raises(ContractError, match=named):
        archive(months, "2024-01-10")


def test_a_column_that_only_the_archive_demands_is_named_before_anything_moves(
    months: Aged,
) -> None:
    add_column(months, "user_engagement", "device TEXT")
    add_column(months, "user_engagement_archive", "device TEXT NOT NULL")

    with pytest.raises(ContractError, match="device may be NULL in user_engagement, but not in"):
        archive(months, "2024-01-10")


def test_a_column_that_only_user_engagement_demands_is_archived(months: Aged) -> None:
    add_column(months, "user_engagement", "device TEXT NOT NULL DEFAULT 'tv'")
    add_column(months, "user_engagement_archive", "device TEXT")

    archive(months, "2024-01-10")

    assert months.archived() == {NOVEMBER: 2, DECEMBER: 2, PART_OF_JANUARY: 5}
