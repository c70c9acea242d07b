from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import psycopg
import pytest

from tests.fixtures.platform_rows import add_user, rows, wait_until_blocked

FOLLOW = "INSERT INTO user_followers (follower_id, following_id) VALUES (%s, %s)"
UNFOLLOW = "DELETE FROM user_followers WHERE follower_id = %s AND following_id = %s"
HOLD = "SELECT FROM users WHERE id = %s FOR NO KEY UPDATE"
COUNTERS = "SELECT followers_count, following_count FROM users ORDER BY id"


def commit(session: psycopg.Connection, statement: str, *pair: UUID) -> None:
    session.execute(statement.encode(), pair)
    session.commit()


@pytest.fixture
def pair(connection: psycopg.Connection) -> list[UUID]:
    """Two accounts, in the order of their ids."""
    made = sorted(add_user(connection, name) for name in ("ann", "bob"))
    connection.commit()
    return made


@pytest.mark.parametrize("statement", [FOLLOW, UNFOLLOW])
@pytest.mark.parametrize("held", [0, 1])
def test_two_who_follow_each_other_at_once_meet_no_deadlock(
    connection: psycopg.Connection,
    more_sessions: Callable[[], psycopg.Connection],
    pair: list[UUID],
    statement: str,
    held: int,
) -> None:
    mine, other = pair[held], pair[1 - held]
    if statement == UNFOLLOW:
        commit(connection, FOLLOW, mine, other)
        commit(connection, FOLLOW, other, mine)
    first, second, watcher = (more_sessions() for _ in range(3))
    connection.execute(HOLD, [mine])

    with ThreadPoolExecutor(2) as threads:
        done = [threads.submit(commit, first, statement, other, mine)]
        wait_until_blocked(watcher, first)
        done.append(threads.submit(commit, second, statement, mine, other))
        wait_until_blocked(watcher, second)
        connection.rollback()
        for one in done:
            one.result()

    counted = (1, 1) if statement == FOLLOW else (0, 0)
    assert rows(connection, COUNTERS) == [counted, counted]
