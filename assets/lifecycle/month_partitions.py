"""The months of `user_engagement`, made before their rows come."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import partial

import psycopg

from assets.resources.postgres import Postgres, Role
from schema.lock_retries import PATIENT, LockRetries
from schema.sql import load_sql

MONTHS_AHEAD = 6
# Rows that came without a month get theirs as far as this; later ones bear a wrong clock's date.
MOST_MONTHS_AHEAD = 24


@dataclass(frozen=True, slots=True)
class HeadRoom:
    """How far ahead the months reach, and what no month has taken.

    `waiting_rows` lie in the default partition although a month could take them;
    `out_of_range_rows` bear dates that no month is made for: before 1970, or more than two years
    ahead.
    """

    months_ahead: int
    waiting_rows: int
    out_of_range_rows: int


def make_months(
    postgres: Postgres,
    today: date,
    *,
    retries: LockRetries = PATIENT,
    on_step: Callable[[str], None] = lambda _step: None,
) -> list[str]:
    """Make this month, those to come, and those of rows that came without one; their names.

    Partitions that somebody else made get the triggers that they lack. A transaction per month:
    what was made stays when a later one fails.

    Raises:
        DatabaseUnavailableError: others held the locks for too long, or the server is gone.
    """
    facts = {
        "first": today.replace(day=1),
        "last": months_later(today, MONTHS_AHEAD),
        "out_of_range": months_later(today, MOST_MONTHS_AHEAD + 1),
    }
    made: list[str] = []
    with postgres.session(Role.OPERATOR, autocommit=True) as connection:
        missing = connection.execute(
            load_sql(__package__, "select_missing_months"), facts
        ).fetchall()
        for (month,) in missing:
            on_step(f"making {month:%Y-%m}")

            def attempt(patience_ms: int, month: date = month) -> str | None:
                given = {"month": month, "patience_ms": patience_ms}
                row = connection.execute(load_sql(__package__, "make_month"), given).fetchone()
                return row[0] if row else None

            name = retries.run(f"make the partition of {month:%Y-%m}", attempt)
            made += [name] if name else []
        while retries.run(
            "complete a partition of user_engagement", partial(_complete, connection)
        ):
            on_step("completing partitions that were made by hand")
    return made


def _complete(connection: psycopg.Connection, patience_ms: int) -> bool:
    """Give one partition what it lacks; whether there was one."""
    given = {"patience_ms": patience_ms}
    row = connection.execute(load_sql(__package__, "complete_partition"), given).fetchone()
    return row is not None and row[0] is not None


def read_head_room(postgres: Postgres, today: date) -> HeadRoom:
    """How far ahead the months reach now."""
    facts = {"today": today, "most": MOST_MONTHS_AHEAD}
    with postgres.session(Role.OPERATOR) as connection:
        row = connection.execute(load_sql(__package__, "select_head_room"), facts).fetchone()
    if row is None:
        raise AssertionError("an aggregate returns one row")
    return HeadRoom(*row)


def months_later(day: date, months: int) -> date:
    """First day of the month that many months later."""
    years, month = divmod(day.month - 1 + months, 12)
    return date(day.year + years, month + 1, 1)
