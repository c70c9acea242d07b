from collections.abc import Iterator
from datetime import date, datetime
from uuid import UUID

import psycopg
import pytest

from assets.resources.postgres import Postgres
from reports.creator.model import Period, ReportPeriod
from reports.creator.platform_facts import PlatformFacts, open_platform_facts, with_as_many_before
from schema.windows import DayRange
from tests.fixtures.platform_rows import add_post, add_user, rows
from tests.fixtures.small_tables import D, day

WEEK = ReportPeriod(Period.WEEK, D)


@pytest.fixture
def ana(connection: psycopg.Connection) -> UUID:
    """An account of long ago with a number on D."""
    user = add_user(connection, "ana")
    connection.execute("UPDATE users SET created_at = '2023-01-01'")
    number(connection, user, D)
    connection.commit()
    return user


@pytest.fixture
def facts(database: str, ana: UUID) -> Iterator[PlatformFacts]:
    with open_platform_facts(Postgres(database), WEEK) as opened:
        yield opened


def number(connection: psycopg.Connection, user: UUID, when: date) -> None:
    connection.execute("INSERT INTO user_analytics (user_id, date) VALUES (%s, %s)", [user, when])


def change(database: str, statement: str, *values: object) -> None:
    with psycopg.connect(database) as session:
        session.execute(statement.encode(), values)


def listed(database: str) -> list[UUID]:
    with open_platform_facts(Postgres(database), WEEK) as opened:
        return opened.creator_ids()


def test_one_state_is_seen_read_only_and_as_the_reporter(
    database: str, facts: PlatformFacts, ana: UUID
) -> None:
    assert facts.creator_ids() == [ana]

    change(database, "DELETE FROM users")

    assert facts.creator_ids() == [ana]
    assert facts.creators([ana])["username"].to_list() == ["ana"]
    assert rows(facts.connection, "SELECT current_user::text") == [("sociallive_reporter",)]
    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        facts.connection.execute("CREATE TEMP TABLE mine (id INT)")


@pytest.mark.parametrize(
    ("when", "is_listed"),
    [
        (WEEK.shown.first, True),
        (D, True),
        (day(1), False),
        (date(2024, 1, 25), False),
    ],
)
def test_a_number_around_the_period_makes_a_creator(
    database: str, connection: psycopg.Connection, ana: UUID, when: date, *, is_listed: bool
) -> None:
    connection.execute("UPDATE user_analytics SET date = %s", [when])
    connection.commit()

    assert listed(database) == ([ana] if is_listed else [])


@pytest.mark.parametrize(
    ("moment", "is_listed"),
    [
        (datetime(2024, 2, 29, 23, 59), True),
        (datetime(2024, 3, 1), False),
        (datetime(2024, 1, 26), True),
        (datetime(2024, 1, 25, 23, 59), False),
    ],
)
def test_a_post_around_the_period_makes_a_creator(
    database: str, connection: psycopg.Connection, ana: UUID, moment: datetime, *, is_listed: bool
) -> None:
    connection.execute("DELETE FROM user_analytics")
    add_post(connection, ana)
    connection.execute("UPDATE posts SET created_at = %s", [moment])
    connection.commit()

    assert listed(database) == ([ana] if is_listed else [])


@pytest.mark.parametrize(
    "change_of_account",
    ["is_active = false", "is_active = NULL", "deleted_at = now()", "created_at = '2024-03-01'"],
)
def test_who_is_away_or_came_later_is_not_listed(
    database: str, ana: UUID, change_of_account: str
) -> None:
    change(database, f"UPDATE users SET {change_of_account}")

    assert listed(database) == []


@pytest.mark.parametrize("created_at", ["NULL", "'-infinity'", "'0044-03-15 BC'"])
def test_an_account_of_no_day_is_read(database: str, ana: UUID, created_at: str) -> None:
    change(database, f"UPDATE users SET created_at = {created_at}")

    with open_platform_facts(Postgres(database), WEEK) as facts:
        assert facts.creators([ana])["created_day"].to_list() == [None]


def test_as_many_days_before_a_period_as_it_has() -> None:
    assert with_as_many_before(DayRange(D, D)) == DayRange(day(-1), D)
    assert with_as_many_before(WEEK.days) == DayRange(day(-13), D)
