from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime

import psycopg
import pytest

from assets.lifecycle.archive import ArchiveReport, Pace, archive_within, plan_within
from assets.lifecycle.archive_plan import MonthPlan, Way
from schema.errors import ContractError
from tests.fixtures.aged_engagement import Aged, day
from tests.fixtures.noted_days import noted_sums, notes
from tests.fixtures.platform_rows import engage, rows, scalar, unmatched_keys
from tests.fixtures.postgres import numbered

NOVEMBER, DECEMBER = "user_engagement_2023_11", "user_engagement_2023_12"
JANUARY, PART_OF_JANUARY = "user_engagement_2024_01", "user_engagement_archive_2024_01"
DEFAULT = "user_engagement_default"
COPIES = "user_engagement_archive_default"
A_YEAR = """
CREATE TABLE user_engagement_2022_01 PARTITION OF user_engagement
FOR VALUES FROM ('2022-01-01') TO ('2023-01-01')
"""
WITHOUT_BEGINNING = """
CREATE TABLE older PARTITION OF user_engagement FOR VALUES FROM (MINVALUE) TO ('2023-01-01')
"""
WITHOUT_END = """
CREATE TABLE newer PARTITION OF user_engagement FOR VALUES FROM ('2063-01-01') TO (MAXVALUE)
"""
SMALL = Pace(rows_per_statement=3)


@pytest.fixture
def aged(aged_trial: Aged) -> Aged:
    """Rows of two past months and of January, which the cut-offs of the tests divide."""
    for month in ("2023-11-01", "2023-12-01"):
        aged_trial.make_month(month)
    for moment, count in (("2023-11-30 23:59:58", 4), ("2024-01-03", 5), ("2024-01-20", 7)):
        aged_trial.add(moment, count)
    return aged_trial


@pytest.fixture
def connection(aged: Aged) -> psycopg.Connection:
    return aged.connection


def archive(aged: Aged, cut_off: str, pace: Pace = SMALL) -> ArchiveReport:
    with acting_as_operator(aged.connection):
        return archive_within(aged.connection, day(cut_off), pace)


def planned(aged: Aged, cut_off: str) -> list[MonthPlan]:
    with acting_as_operator(aged.connection):
        return plan_within(aged.connection, day(cut_off))


def copy_before(connection: psycopg.Connection, moment: str) -> None:
    """The first half of the specification's archive, noted row by row as any other insert is."""
    connection.execute("SET LOCAL sociallive.noted_in_bulk = 'off'")
    connection.execute(
        "INSERT INTO user_engagement_archive SELECT * FROM user_engagement WHERE created_at < %s",
        [moment],
    )


@contextmanager
def acting_as_operator(connection: psycopg.Connection) -> Iterator[None]:
    connection.execute("SET LOCAL ROLE sociallive_operator")
    yield
    connection.execute("RESET ROLE")
    connection.execute("SET LOCAL lock_timeout = 0")


def test_whole_months_change_parent_and_keep_their_tables(aged: Aged) -> None:
    before = aged.everything()
    tables = (
        "SELECT relfilenode FROM pg_class WHERE relname LIKE 'user_engagement_2023%' ORDER BY 1"
    )
    files = rows(aged.connection, tables)

    report = archive(aged, "2024-01-01")

    assert (report.attached_months, report.attached_rows, report.moved_rows) == (
        [date(2023, 11, 1), date(2023, 12, 1)],
        4,
        0,
    )
    assert aged.archived() == {NOVEMBER: 2, DECEMBER: 2}
    assert aged.bounds() == {
        NOVEMBER: ("2023-11-01", "2023-12-01"),
        DECEMBER: ("2023-12-01", "2024-01-01"),
    }
    assert rows(aged.connection, tables) == files
    assert (aged.everything(), aged.flaws(), aged.misplaced(date(2024, 1, 1))) == (before, [], [])


def test_a_proven_month_changes_parent_without_being_read(
    aged: Aged, connection: psycopg.Connection
) -> None:
    said: list[str] = []
    connection.add_notice_handler(lambda notice: said.append(notice.message_primary or ""))
    connection.execute("SELECT pipeline.add_archive_bound('2023-12-01', '2024-01-01', 500)")
    connection.execute("SELECT pipeline.validate_archive_bound('2023-12-01', '2024-01-01')")
    connection.execute("SET client_min_messages = debug1")

    connection.execute("SELECT pipeline.archive_engagement_month('2023-12-01', 500)")

    proof = f'partition constraint for table "{DECEMBER}" is implied by existing constraints'
    assert proof in said
    reading = [line for line in said if "verifying table" in line or "building index" in line]
    assert reading in ([], [f'verifying table "{COPIES}"'])


def test_a_month_that_the_cut_off_divides_moves_row_by_row(aged: Aged) -> None:
    before = aged.everything()

    report = archive(aged, "2024-01-10")

    assert report.moved_rows == 5
    assert aged.archived() == {NOVEMBER: 2, DECEMBER: 2, PART_OF_JANUARY: 5}
    assert aged.live() == {JANUARY: 7}
    assert aged.bounds()[PART_OF_JANUARY] == ("2024-01-01", "2024-01-10")
    assert (aged.everything(), aged.flaws(), aged.misplaced(date(2024, 1, 10))) == (before, [], [])


def test_a_later_cut_off_widens_the_months_part(aged: Aged) -> None:
    before = aged.everything()
    archive(aged, "2024-01-10")

    report = archive(aged, "2024-01-25")

    assert report.moved_rows == 7
    assert aged.archived()[PART_OF_JANUARY] == 12
    assert aged.bounds()[PART_OF_JANUARY] == ("2024-01-01", "2024-01-25")
    assert (aged.everything(), aged.flaws(), aged.misplaced(date(2024, 1, 25))) == (before, [], [])


def test_a_month_that_has_passed_follows_its_part_with_the_rest(aged: Aged) -> None:
    before = aged.everything()
    archive(aged, "2024-01-10")

    report = archive(aged, "2024-02-01")

    assert (report.attached_months, report.attached_rows) == ([date(2024, 1, 1)], 7)
    assert aged.archived() == {NOVEMBER: 2, DECEMBER: 2, PART_OF_JANUARY: 5, JANUARY: 7}
    assert aged.bounds()[JANUARY] == ("2024-01-10", "2024-02-01")
    assert (aged.everything(), aged.flaws(), aged.live()) == (before, [], {})


@pytest.mark.parametrize("archived_before", [None, "2024-01-04"])
@pytest.mark.parametrize("cut_off", ["2024-01-22", "2024-02-01"])
def test_what_was_archived_by_copying_goes_into_its_months(
    aged: Aged, connection: psycopg.Connection, archived_before: str | None, cut_off: str
) -> None:
    aged.add("2021-05-05", 3)
    if archived_before:
        archive(aged, archived_before)
    before = aged.everything()
    copy_before(connection, "2024-01-21")
    connection.execute("DELETE FROM user_engagement WHERE created_at < '2024-01-21'")

    archive(aged, cut_off)

    assert COPIES not in aged.archived()
    assert sum(aged.archived().values()) == len(before)
    assert (aged.everything(), aged.misplaced(day(cut_off))) == (before, [])
    assert (unmatched_keys(connection), noted_sums(connection)) == ([], {})
    assert planned(aged, cut_off) == []


def test_a_copy_whose_row_was_never_deleted_stays_once(
    aged: Aged, connection: psycopg.Connection
) -> None:
    before = aged.everything()
    copy_before(connection, "2024-01-01")

    archive(aged, "2024-01-01")

    assert aged.archived() == {NOVEMBER: 2, DECEMBER: 2}
    assert aged.everything() == before
    assert (unmatched_keys(connection), noted_sums(connection)) == ([], {})


def test_copies_without_a_month_stay_where_they_are(
    aged: Aged, connection: psycopg.Connection
) -> None:
    for moment in ("0001-01-01", "1969-12-31 23:59:50"):
        aged.add(moment, 2)
    before = aged.everything()
    copy_before(connection, "1970-01-01")
    connection.execute("DELETE FROM user_engagement WHERE created_at < '1970-01-01'")

    archive(aged, "2024-01-01")

    assert aged.archived() == {NOVEMBER: 2, DECEMBER: 2, COPIES: 4}
    assert (aged.everything(), unmatched_keys(connection)) == (before, [])


def test_rows_backdated_into_what_was_moved_go_before_the_rest_does(aged: Aged) -> None:
    archive(aged, "2024-01-10")
    aged.add("2024-01-05", 4)
    before = aged.everything()

    report = archive(aged, "2024-02-01")

    assert (report.moved_rows, report.attached_rows) == (4, 7)
    assert aged.archived()[PART_OF_JANUARY] == 9
    assert (aged.everything(), aged.flaws(), aged.live()) == (before, [], {})


def test_rows_backdated_at_the_last_moment_go_with_the_rest(
    aged: Aged, connection: psycopg.Connection
) -> None:
    archive(aged, "2024-01-10")
    aged.add("2024-01-05", 4)

    connection.execute("SELECT pipeline.archive_engagement_month('2024-01-01', 500)")

    assert (aged.archived()[PART_OF_JANUARY], aged.archived()[JANUARY]) == (9, 7)
    assert (aged.flaws(), aged.live()) == ([], {})


def test_a_large_rest_moves_by_rows_until_it_is_small(aged: Aged) -> None:
    before = aged.everything()
    archive(aged, "2024-01-10")
    aged.add("2024-01-29", 2)
    before = aged.everything()

    report = archive(aged, "2024-02-01", Pace(attachable_rows=1))

    assert (report.moved_rows, report.attached_rows) == (7, 2)
    assert aged.bounds()[PART_OF_JANUARY] == ("2024-01-01", "2024-01-29")
    assert aged.bounds()[JANUARY] == ("2024-01-29", "2024-02-01")
    assert (aged.everything(), aged.flaws(), aged.live()) == (before, [], {})


def test_old_rows_of_the_default_partition_are_archived_and_others_stay(aged: Aged) -> None:
    for moment in ("1999-05-31 23:59:59", "1969-12-31", "-infinity", "2064-01-01"):
        aged.add(moment)
    before = aged.everything()

    archive(aged, "2024-01-01")

    assert aged.archived()["user_engagement_archive_1999_05"] == 1
    assert aged.live()[DEFAULT] == 3
    assert (aged.everything(), aged.flaws()) == (before, [])


def test_late_rows_of_archived_months_follow_into_the_part_they_belong_to(aged: Aged) -> None:
    for cut_off in ("2024-01-10", "2024-02-01"):
        archive(aged, cut_off)
    for moment in ("2023-12-15", "2024-01-05", "2024-01-31"):
        aged.add(moment)
    assert aged.live() == {DEFAULT: 3}
    before = aged.everything()

    report = archive(aged, "2024-02-01")

    assert report.moved_rows == 3
    assert aged.archived() == {NOVEMBER: 2, DECEMBER: 3, PART_OF_JANUARY: 6, JANUARY: 8}
    assert (aged.everything(), aged.flaws(), aged.live()) == (before, [], {})


def test_a_month_that_went_row_by_row_is_not_made_again(aged: Aged) -> None:
    aged.add("1999-05-15", 2)
    archive(aged, "2024-01-01")
    aged.add("1999-05-20")

    aged.make_month("1999-05-01")
    archive(aged, "2024-01-01")

    assert aged.archived()["user_engagement_archive_1999_05"] == 3
    assert aged.bounds("user_engagement").keys().isdisjoint({"user_engagement_1999_05"})


@pytest.mark.parametrize("cut_off", ["2023-11-01", "2024-01-10", "2024-02-01"])
def test_a_second_run_does_nothing(aged: Aged, cut_off: str) -> None:
    archive(aged, cut_off)
    before = aged.everything(), aged.live(), aged.bounds()

    assert archive(aged, cut_off) == ArchiveReport(day(cut_off))
    assert planned(aged, cut_off) == []
    assert (aged.everything(), aged.live(), aged.bounds()) == before


def test_an_earlier_cut_off_brings_nothing_back(aged: Aged) -> None:
    archive(aged, "2024-01-25")

    assert archive(aged, "2024-01-10") == ArchiveReport(date(2024, 1, 10))
    assert aged.archived()[PART_OF_JANUARY] == 12


def test_a_plan_says_what_the_run_then_does_and_changes_nothing(aged: Aged) -> None:
    aged.add("1999-05-15", 2)
    before = aged.live(), aged.bounds("user_engagement"), aged.bounds()

    plan = planned(aged, "2024-01-10")

    assert (aged.live(), aged.bounds("user_engagement"), aged.bounds()) == before
    assert [month.size_bytes > 0 for month in plan] == [True] * 4
    assert [MonthPlan(*(*facts, 0)) for facts in map(without_bytes, plan)] == [
        MonthPlan(date(1999, 5, 1), Way.ROWS, date(1999, 6, 1), 2, 0, 0),
        MonthPlan(date(2023, 11, 1), Way.WHOLE, date(2023, 12, 1), 0, 2, 0),
        MonthPlan(date(2023, 12, 1), Way.WHOLE, date(2024, 1, 1), 0, 2, 0),
        MonthPlan(date(2024, 1, 1), Way.ROWS, date(2024, 1, 10), 5, 0, 0),
    ]
    report = archive(aged, "2024-01-10")
    assert report.moved_rows == sum(month.moved_rows for month in plan)
    assert report.attached_rows == sum(month.attached_rows for month in plan)


def without_bytes(plan: MonthPlan) -> tuple[date, Way, date, int, int]:
    return plan.month, plan.way, plan.until, plan.moved_rows, plan.attached_rows


def test_a_limit_stops_rows_and_no_whole_month_and_the_next_run_goes_on(aged: Aged) -> None:
    aged.add("1999-05-15", 5)
    before = aged.everything()

    report = archive(aged, "2024-01-10", Pace(rows_per_statement=2, most_rows=3))

    assert (report.moved_rows, report.is_limited) == (3, True)
    assert report.attached_months == [date(2023, 11, 1), date(2023, 12, 1)]
    assert aged.live() == {DEFAULT: 2, JANUARY: 12}
    assert aged.everything() == before
    assert archive(aged, "2024-01-10").moved_rows == 7
    assert (aged.everything(), aged.flaws(), aged.misplaced(date(2024, 1, 10))) == (before, [], [])


def test_a_rest_whose_backdated_rows_exceed_the_limit_waits_for_the_next_run(aged: Aged) -> None:
    archive(aged, "2024-01-10")
    aged.add("2024-01-05", 4)

    report = archive(aged, "2024-02-01", Pace(most_rows=2))

    assert (report.attached_months, report.moved_rows, report.is_limited) == ([], 2, True)
    assert archive(aged, "2024-02-01").attached_months == [date(2024, 1, 1)]


@pytest.mark.parametrize("cut_off", ["2024-01-10", "2024-02-01"])
def test_what_was_liked_stays_liked_until_it_is_taken_back(
    aged: Aged, connection: psycopg.Connection, cut_off: str
) -> None:
    like = date(2024, 1, 3)
    engage(connection, aged.people.fan, aged.people.post, datetime(2024, 1, 3))
    connection.execute("DELETE FROM pipeline.day_changes")
    archive(aged, cut_off)
    assert unmatched_keys(connection) == []
    with pytest.raises(psycopg.errors.UniqueViolation), connection.transaction():
        engage(connection, aged.people.fan, aged.people.post, datetime(2024, 1, 20))

    connection.execute("DELETE FROM user_engagement_archive WHERE user_id = %s", [aged.people.fan])

    assert [(note.table, note.first, note.rows) for note in notes(connection)] == [
        ("user_engagement", like, -1)
    ]
    engage(connection, aged.people.fan, aged.people.post, datetime(2024, 1, 20))


@pytest.mark.parametrize(
    ("statement", "left"),
    [
        ("DELETE FROM posts", 0),
        ("DELETE FROM users WHERE username LIKE 'fan%'", 0),
        (f"TRUNCATE {PART_OF_JANUARY}", 4),
        ("TRUNCATE user_engagement_archive", 0),
    ],
)
def test_what_is_erased_is_erased_from_the_months_part_too(
    aged: Aged, connection: psycopg.Connection, statement: str, left: int
) -> None:
    archive(aged, "2024-01-10")

    connection.execute(statement.encode())

    assert scalar(connection, "SELECT count(*) FROM user_engagement_archive") == left
    assert unmatched_keys(connection) == []
    assert {note.rows for note in notes(connection) if note.first == date(2024, 1, 3)} <= {-1, -5}
    assert any(note.first == date(2024, 1, 3) for note in notes(connection))


@pytest.mark.parametrize(
    "statement",
    [
        f"ALTER TABLE {DECEMBER} RENAME TO december",
        A_YEAR,
        WITHOUT_BEGINNING,
    ],
)
def test_a_partition_that_is_none_of_a_month_is_named_and_not_passed_over(
    aged: Aged, statement: str
) -> None:
    aged.connection.execute(statement.encode())

    with pytest.raises(ContractError, match=r"partition \w+ of user_engagement is none of a cal"):
        archive(aged, "2024-01-01")


def test_a_partition_without_an_end_that_begins_after_the_cut_off_is_nobodys_trouble(
    aged: Aged,
) -> None:
    aged.connection.execute(WITHOUT_END.encode())

    assert archive(aged, "2024-01-01").attached_months == [date(2023, 11, 1), date(2023, 12, 1)]


WEEK = "week INTEGER GENERATED ALWAYS AS (extract(WEEK FROM created_at)) STORED"
ADDED = "SELECT count(*), count(device), count(week) FROM user_engagement_archive"
NUMBERS = "SELECT id, number FROM {} ORDER BY id"


def add_column(aged: Aged, table: str, column: str) -> None:
    aged.connection.execute(f"ALTER TABLE {table} ADD COLUMN {column}".encode())


def test_columns_that_were_added_to_both_tables_are_archived_with_their_values(aged: Aged) -> None:
    for table in ("user_engagement", "user_engagement_archive"):
        add_column(aged, table, "device TEXT")
        add_column(aged, table, WEEK)
    aged.connection.execute("UPDATE user_engagement SET device = 'phone'")

    archive(aged, "2024-01-10")

    assert aged.archived() == {NOVEMBER: 2, DECEMBER: 2, PART_OF_JANUARY: 5}
    assert rows(aged.connection, ADDED) == [(9, 9, 9)]


def test_numbers_that_the_platform_gives_its_rows_go_with_them(aged: Aged) -> None:
    for table in ("user_engagement", "user_engagement_archive"):
        add_column(aged, table, f"number {numbered(aged.connection)}")
    before = rows(aged.connection, NUMBERS.format("user_engagement"))

    archive(aged, "2024-01-25")

    assert aged.archived() == {NOVEMBER: 2, DECEMBER: 2, PART_OF_JANUARY: 12}
    assert rows(aged.connection, NUMBERS.format("user_engagement_archive")) == before


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
    aged: Aged, table: str, column: str, named: str
) -> None:
    add_column(aged, table, column)

    assert planned(aged, "2023-11-01") == []
    with pytest.raises(ContractError, match=named):
        archive(aged, "2024-01-10")


def test_a_column_that_only_the_archive_demands_is_named_before_anything_moves(aged: Aged) -> None:
    add_column(aged, "user_engagement", "device TEXT")
    add_column(aged, "user_engagement_archive", "device TEXT NOT NULL")

    with pytest.raises(ContractError, match="device may be NULL in user_engagement, but not in"):
        archive(aged, "2024-01-10")


def test_a_column_that_only_user_engagement_demands_is_archived(aged: Aged) -> None:
    add_column(aged, "user_engagement", "device TEXT NOT NULL DEFAULT 'tv'")
    add_column(aged, "user_engagement_archive", "device TEXT")

    archive(aged, "2024-01-10")

    assert aged.archived() == {NOVEMBER: 2, DECEMBER: 2, PART_OF_JANUARY: 5}
