"""What happens on some of many days."""

import time
from collections.abc import Callable
from datetime import date
from typing import TypeAlias

import psycopg

from tests.soak.arrivals import unfollow
from tests.soak.life import WITHIN_S, Life

Fault: TypeAlias = Callable[[Life, date], None]
CUT_OFF = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
GUEST = "guest"
NEW_GUEST = """
INSERT INTO users (email, username, password_hash, created_at)
VALUES (%(guest)s || '@example.org', %(guest)s, 'x', %(day)s)
"""
LIKES_OF_GUEST = """
INSERT INTO user_engagement (user_id, post_id, engagement_type, created_at)
SELECT users.id, posts.id, 'LIKE', %(day)s::timestamp + interval '23 hours'
FROM users, posts WHERE users.username = %(guest)s ORDER BY posts.created_at DESC LIMIT 20
"""


def killed(life: Life, day: date) -> None:
    """A run by hand dies at some moment; the next one begins anew."""
    with life.command("pipelines.cli", "run", "--date", str(day)) as run:
        time.sleep(life.chance.uniform(1, 1 + WITHIN_S))
        run.kill()


def database_killed(life: Life, _day: date) -> None:
    """PostgreSQL dies in the middle of the run, and is there again at once."""

    def kill_and_start() -> None:
        life.server.kill()
        life.server.start()

    life.happen_soon(kill_and_start)


def sessions_cut_off(life: Life, _day: date) -> None:
    """An administrator ends all sessions in the middle of the run."""
    life.happen_soon(lambda: cut_sessions_off(life.url))


def late_unfollows(life: Life, _day: date) -> None:
    """Follows are taken back."""
    unfollow(life.url, 3)


def guest_came_or_was_erased(life: Life, day: date) -> None:
    """Somebody likes what there is; the next time, everything of them goes."""
    if life.has_guest:
        with life.command("pipelines.cli", "erase", GUEST, "--yes") as erasing:
            said, _ = erasing.communicate()
        assert erasing.returncode == 0, said
    else:
        with psycopg.connect(life.url, options="-c TimeZone=UTC") as session:
            session.execute(NEW_GUEST, {"guest": GUEST, "day": day})
            session.execute(LIKES_OF_GUEST, {"guest": GUEST, "day": day})
    life.has_guest = not life.has_guest


FAULTS: list[Fault] = [
    killed,
    database_killed,
    sessions_cut_off,
    late_unfollows,
    guest_came_or_was_erased,
]


def cut_sessions_off(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as session:
        session.execute(CUT_OFF)
