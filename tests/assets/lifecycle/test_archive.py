from datetime import date, datetime

import psycopg
import pytest

from assets.lifecycle.archive import ArchiveReport, Pace
from assets.lifecycle.archive_plan import MonthPlan, Way
from schema.errors import ContractError
from tests.fixtures.aged_engagement import Aged, day
from tests.fixtures.archiving import (
    COPIES,
    DECEMBER,
    JANUARY,
    NOVEMBER,
    PART_OF_JANUARY,
    archive,
    planned,
)
from tests.fixtures.noted_days import notes
from tests.fixtures.platform_rows import engage, rows, scalar, unmatched_keys

DEFAULT = "user_engagement_default"
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


@pytest.fixture
def connection(months: Aged) -> psycopg.Connection:
    return months.connection


def test_whole_months_change_parent_and_keep_their_tables(months: Aged) -> None:
    before = months.everything()
    tables = (
        "SELECT relfilenode FROM pg_class WHERE relname LIKE 'user_engagement_2023%' ORDER BY 1"
    )
    files = rows(months.connection, tables)

    report = archive(months, "2024-01-01")

    assert (report.attached_months, report.attached_rows, report.moved_rows) == (
        [date(2023, 11, 1), date(2023, 12, 1)],
        4,
        0,
    )
    assert months.archived() == {NOVEMBER: 2, DECEMBER: 2}
    assert months.bounds() == {
        NOVEMBER: ("2023-11-01", "2023-12-01"),
        DECEMBER: ("2023-12-01", "2024-01-01"),
    }
    assert rows(months.connection, tables) == files
    assert (
        months.everything(),
        months.flaws(),
        months.misplaced(date(2024, 1, 1)),
    ) == (before, [], [])


def test_a_proven_month_changes_parent_without_being_read(
    months: Aged, connection: psycopg.Connection
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


def test_a_month_that_the_cut_off_divides_moves_row_by_row(months: Aged) -> None:
    before = months.everything()

    report = archive(months, "2024-01-10")

    assert report.moved_rows == 5
    assert months.archived() == {NOVEMBER: 2, DECEMBER: 2, PART_OF_JANUARY: 5}
    assert months.live() == {JANUARY: 7}
    assert months.bounds()[PART_OF_JANUARY] == ("2024-01-01", "2024-01-10")
    assert (
        months.everything(),
        months.flaws(),
        months.misplaced(date(2024, 1, 10)),
    ) == (before, [], [])


def test_a_later_cut_off_widens_the_months_part(months: Aged) -> None:
    before = months.everything()
    archive(months, "2024-01-10")

    report = archive(months, "2024-01-25")

    assert report.moved_rows == 7
    assert months.archived()[PART_OF_JANUARY] == 12
    assert months.bounds()[PART_OF_JANUARY] == ("2024-01-01", "2024-01-25")
    assert (
        months.everything(),
        months.flaws(),
        months.misplaced(date(2024, 1, 25)),
    ) == (before, [], [])


def test_a_month_that_has_passed_follows_its_part_with_the_rest(months: Aged) -> None:
    before = months.everything()
    archive(months, "2024-01-10")

    report = archive(months, "2024-02-01")

    assert (report.attached_months, report.attached_rows) == ([date(2024, 1, 1)], 7)
    assert months.archived() == {NOVEMBER: 2, DECEMBER: 2, PART_OF_JANUARY: 5, JANUARY: 7}
    assert months.bounds()[JANUARY] == ("2024-01-10", "2024-02-01")
    assert (months.everything(), months.flaws(), months.live()) == (before, [], {})


def test_rows_backdated_into_what_was_moved_go_before_the_rest_does(months: Aged) -> None:
    archive(months, "2024-01-10")
    months.add("2024-01-05", 4)
    before = months.everything()

    report = archive(months, "2024-02-01")

    assert (report.moved_rows, report.attached_rows) == (4, 7)
    assert months.archived()[PART_OF_JANUARY] == 9
    assert (months.everything(), months.flaws(), months.live()) == (before, [], {})


def test_rows_backdated_at_the_last_moment_go_with_the_rest(
    months: Aged, connection: psycopg.Connection
) -> None:
    archive(months, "2024-01-10")
    months.add("2024-01-05", 4)

    connection.execute("SELECT pipeline.archive_engagement_month('2024-01-01', 500)")

    assert (months.archived()[PART_OF_JANUARY], months.archived()[JANUARY]) == (9, 7)
    assert (months.flaws(), months.live()) == ([], {})


def test_a_large_rest_moves_by_rows_until_it_is_small(months: Aged) -> None:
    before = months.everything()
    archive(months, "2024-01-10")
    months.add("2024-01-29", 2)
    before = months.everything()

    report = archive(months, "2024-02-01", Pace(attachable_rows=1))

    assert (report.moved_rows, report.attached_rows) == (7, 2)
    assert months.bounds()[PART_OF_JANUARY] == ("2024-01-01", "2024-01-29")
    assert months.bounds()[JANUARY] == ("2024-01-29", "2024-02-01")
    assert (months.everything(), months.flaws(), months.live()) == (before, [], {})


def test_old_rows_of_the_default_partition_are_archived_and_others_stay(months: Aged) -> None:
    for moment in ("1999-05-31 23:59:59", "1969-12-31", "-infinity", "2064-01-01"):
        months.add(moment)
    before = months.everything()

    archive(months, "2024-01-01")

    assert months.archived()["user_engagement_archive_1999_05"] == 1
    assert months.live()[DEFAULT] == 3
    assert (months.everything(), months.flaws()) == (before, [])


def test_late_rows_of_archived_months_follow_into_the_part_they_belong_to(
    months: Aged,
) -> None:
    for cut_off in ("2024-01-10", "2024-02-01"):
        archive(months, cut_off)
    for moment in ("2023-12-15", "2024-01-05", "2024-01-31"):
        months.add(moment)
    assert months.live() == {DEFAULT: 3}
    before = months.everything()

    report = archive(months, "2024-02-01")

    assert report.moved_rows == 3
    assert months.archived() == {NOVEMBER: 2, DECEMBER: 3, PART_OF_JANUARY: 6, JANUARY: 8}
    assert (months.everything(), months.flaws(), months.live()) == (before, [], {})


def test_a_month_that_went_row_by_row_is_not_made_again(months: Aged) -> None:
    months.add("1999-05-15", 2)
    archive(months, "2024-01-01")
    months.add("1999-05-20")

    months.make_month("1999-05-01")
    archive(months, "2024-01-01")

    assert months.archived()["user_engagement_archive_1999_05"] == 3
    assert months.bounds("user_engagement").keys().isdisjoint({"user_engagement_1999_05"})


@pytest.mark.parametrize("cut_off", ["2023-11-01", "2024-01-10", "2024-02-01"])
def test_a_second_run_does_nothing(months: Aged, cut_off: str) -> None:
    archive(months, cut_off)
    before = months.everything(), months.live(), months.bounds()

    assert archive(months, cut_off) == ArchiveReport(day(cut_off))
    assert planned(months, cut_off) == []
    assert (months.everything(), months.live(), months.bounds()) == before


def test_an_earlier_cut_off_brings_nothing_back(months: Aged) -> None:
    archive(months, "2024-01-25")

    assert archive(months, "2024-01-10") == ArchiveReport(date(2024, 1, 10))
    assert months.archived()[PART_OF_JANUARY] == 12


def test_a_plan_says_what_the_run_then_does_and_changes_nothing(months: Aged) -> None:
    months.add("1999-05-15", 2)
    before = months.live(), months.bounds("user_engagement"), months.bounds()

    plan = planned(months, "2024-01-10")

    assert (
        months.live(),
        months.bounds("user_engagement"),
        months.bounds(),
    ) == before
    assert [month.size_bytes > 0 for month in plan] == [True] * 4
    assert [MonthPlan(*(*facts, 0)) for facts in map(without_bytes, plan)] == [
        MonthPlan(date(1999, 5, 1), Way.ROWS, date(1999, 6, 1), 2, 0, 0),
        MonthPlan(date(2023, 11, 1), Way.WHOLE, date(2023, 12, 1), 0, 2, 0),
        MonthPlan(date(2023, 12, 1), Way.WHOLE, date(2024, 1, 1), 0, 2, 0),
        MonthPlan(date(2024, 1, 1), Way.ROWS, date(2024, 1, 10), 5, 0, 0),
    ]
    report = archive(months, "2024-01-10")
    assert report.moved_rows == sum(month.moved_rows for month in plan)
    assert report.attached_rows == sum(month.attached_rows for month in plan)


def without_bytes(plan: MonthPlan) -> tuple[date, Way, date, int, int]:
    return plan.month, plan.way, plan.until, plan.moved_rows, plan.attached_rows


def test_a_limit_stops_rows_and_no_whole_month_and_the_next_run_goes_on(months: Aged) -> None:
    months.add("1999-05-15", 5)
    before = months.everything()

    report = archive(months, "2024-01-10", Pace(rows_per_statement=2, most_rows=3))

    assert (report.moved_rows, report.is_limited) == (3, True)
    assert report.attached_months == [date(2023, 11, 1), date(2023, 12, 1)]
    assert months.live() == {DEFAULT: 2, JANUARY: 12}
    assert months.everything() == before
    assert archive(months, "2024-01-10").moved_rows == 7
    assert (
        months.everything(),
        months.flaws(),
        months.misplaced(date(2024, 1, 10)),
    ) == (before, [], [])


def test_a_rest_whose_backdated_rows_exceed_the_limit_waits_for_the_next_run(
    months: Aged,
) -> None:
    archive(months, "2024-01-10")
    months.add("2024-01-05", 4)

    report = archive(months, "2024-02-01", Pace(most_rows=2))

    assert (report.attached_months, report.moved_rows, report.is_limited) == ([], 2, True)
    assert archive(months, "2024-02-01").attached_months == [date(2024, 1, 1)]


@pytest.mark.parametrize("cut_off", ["2024-01-10", "2024-02-01"])
def test_what_was_liked_stays_liked_until_it_is_taken_back(
    months: Aged, connection: psycopg.Connection, cut_off: str
) -> None:
    like = date(2024, 1, 3)
    engage(connection, months.people.fan, months.people.post, datetime(2024, 1, 3))
    connection.execute("DELETE FROM pipeline.day_changes")
    archive(months, cut_off)
    assert unmatched_keys(connection) == []
    with pytest.raises(psycopg.errors.UniqueViolation), connection.transaction():
        engage(connection, months.people.fan, months.people.post, datetime(2024, 1, 20))

    connection.execute(
        "DELETE FROM user_engagement_archive WHERE user_id = %s", [months.people.fan]
    )

    assert [(note.table, note.first, note.rows) for note in notes(connection)] == [
        ("user_engagement", like, -1)
    ]
    engage(connection, months.people.fan, months.people.post, datetime(2024, 1, 20))


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
    months: Aged, connection: psycopg.Connection, statement: str, left: int
) -> None:
    archive(months, "2024-01-10")

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
    months: Aged, statement: str
) -> None:
    months.connection.execute(statement.encode())

    with pytest.raises(ContractError, match=r"partition \w+ of user_engagement is none of a cal"):
        archive(months, "2024-01-01")


def test_a_partition_without_an_end_that_begins_after_the_cut_off_is_nobodys_trouble(
    months: Aged,
) -> None:
    months.connection.execute(WITHOUT_END.encode())

    assert archive(months, "2024-01-01").attached_months == [
        date(2023, 11, 1),
        date(2023, 12, 1),
    ]
