from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime

import psycopg
import pytest

from tests.fixtures.platform_rows import (
    People,
    add_people,
    engage,
    scalar,
    unmatched_keys,
    wait_until_blocked,
)

JANUARY = datetime(2024, 1, 15)
LEAP_DAY = datetime(2024, 2, 29)
OUT_OF_RANGE = datetime(1999, 1, 15)
RECORD = "SELECT record_engagement(%(who)s, %(post)s, 'LIKE')"

OpenSession = Callable[[], psycopg.Connection]


def committed_people(connection: psycopg.Connection) -> People:
    people = add_people(connection)
    connection.commit()
    return people


def commit_engagement(session: psycopg.Connection, people: People, at: datetime) -> bool:
    try:
        engage(session, people.fan, people.post, at)
    except psycopg.errors.UniqueViolation:
        return False
    session.commit()
    return True


def test_of_many_at_once_exactly_one_wins(
    more_sessions: OpenSession, connection: psycopg.Connection
) -> None:
    people = committed_people(connection)
    moments = [JANUARY, LEAP_DAY, OUT_OF_RANGE, JANUARY, LEAP_DAY, OUT_OF_RANGE]
    sessions = [more_sessions() for _ in moments]

    with ThreadPoolExecutor(len(moments)) as threads:
        won = list(threads.map(commit_engagement, sessions, [people] * len(moments), moments))

    assert won.count(True) == 1
    assert scalar(connection, "SELECT count(*) FROM user_engagement") == 1
    assert unmatched_keys(connection) == []


@pytest.mark.parametrize(("end", "second_wins"), [("COMMIT", False), ("ROLLBACK", True)])
def test_the_second_waits_for_the_first_to_end(
    more_sessions: OpenSession,
    connection: psycopg.Connection,
    end: str,
    second_wins: bool,
) -> None:
    people = committed_people(connection)
    second, watcher = more_sessions(), more_sessions()
    engage(connection, people.fan, people.post, JANUARY)

    with ThreadPoolExecutor(1) as threads:
        outcome = threads.submit(commit_engagement, second, people, LEAP_DAY)
        wait_until_blocked(watcher, second)
        connection.execute(end.encode())

    assert outcome.result() is second_wins


def test_of_two_recorded_at_once_one_waits_and_gets_null(
    more_sessions: OpenSession, connection: psycopg.Connection
) -> None:
    people = committed_people(connection)
    second, watcher = more_sessions(), more_sessions()
    first = scalar(connection, RECORD, who=people.fan, post=people.post)

    with ThreadPoolExecutor(1) as threads:
        outcome: Future[object] = threads.submit(
            scalar, second, RECORD, who=people.fan, post=people.post
        )
        wait_until_blocked(watcher, second)
        connection.commit()

    assert first is not None
    assert outcome.result() is None
