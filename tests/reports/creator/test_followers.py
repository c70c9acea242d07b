from datetime import date, datetime, timedelta
from uuid import UUID

import psycopg
import pytest

from assets.resources.postgres import Postgres
from reports.creator.followers import count_followers
from reports.creator.model import Period, ReportPeriod
from reports.creator.report_days import ReportDays
from tests.fixtures.platform_rows import add_user
from tests.fixtures.small_tables import D, day

WEEK = ReportPeriod(Period.WEEK, D)
END = datetime(2024, 3, 1)
LIVING, ENDED = 3, 2


@pytest.fixture
def ana(connection: psycopg.Connection) -> UUID:
    """An account whom three follow since long ago, as two more did until before the end of D."""
    ana = add_user(connection, "ana")
    for number in range(LIVING + ENDED):
        begun, ended = END - timedelta(days=30), END - timedelta(days=2)
        follow(connection, ana, f"old {number}", begun, ended if number >= LIVING else None)
    return ana


def follow(
    connection: psycopg.Connection,
    whom: UUID,
    name: str,
    begun: datetime,
    ended: datetime | None = None,
) -> None:
    fan = add_user(connection, name)
    connection.execute(
        "INSERT INTO user_followers (follower_id, following_id, created_at) VALUES (%s, %s, %s)",
        [fan, whom, begun],
    )
    if ended:
        connection.execute("DELETE FROM user_followers WHERE follower_id = %s", [fan])
        connection.execute(
            "UPDATE audit_log SET timestamp = %s WHERE operation = 'DELETE'"
            " AND old_values ->> 'follower_id' = %s",
            [ended, str(fan)],
        )


def number(
    connection: psycopg.Connection, user: UUID, when: date, *, gained: int = 0, lost: int = 0
) -> None:
    connection.execute(
        "INSERT INTO user_analytics (user_id, date, followers_gained, followers_lost)"
        " VALUES (%s, %s, %s, %s)",
        [user, when, gained, lost],
    )


def counted(
    database: str, connection: psycopg.Connection, user: UUID, *, open_after: date = D
) -> int:
    connection.commit()
    days = ReportDays(WEEK, (), (), (), frozenset(), open_from=open_after + timedelta(days=1))
    [(found, followers)] = count_followers(Postgres(database), [user], days).rows()
    assert found == user.bytes
    return int(followers)


def test_who_came_or_went_after_the_end_of_the_period_is_taken_back_before_any_day_is_published(
    database: str, connection: psycopg.Connection, ana: UUID
) -> None:
    assert counted(database, connection, ana) == LIVING

    follow(connection, ana, "late", END)
    follow(connection, ana, "came and went", END + timedelta(hours=1), END + timedelta(hours=2))
    follow(connection, ana, "left", END - timedelta(seconds=1), END + timedelta(minutes=1))

    assert counted(database, connection, ana) == LIVING + 1


def test_published_days_are_taken_back_by_their_numbers_and_the_rest_by_the_follows_themselves(
    database: str, connection: psycopg.Connection, ana: UUID
) -> None:
    number(connection, ana, day(-1), gained=100)
    number(connection, ana, day(1), gained=2, lost=1)
    number(connection, ana, day(2), gained=100)
    for name, begun in (("one", END), ("two", END + timedelta(hours=1))):
        follow(connection, ana, name, begun)
    follow(connection, ana, "three", END + timedelta(days=1))

    assert counted(database, connection, ana, open_after=day(1)) == LIVING + 1


@pytest.mark.parametrize("count", ["NULL", "-3"])
def test_a_count_that_cannot_be_is_nobody(
    database: str, connection: psycopg.Connection, ana: UUID, count: str
) -> None:
    connection.execute(f"UPDATE users SET followers_count = {count}".encode())

    assert counted(database, connection, ana) == 0
