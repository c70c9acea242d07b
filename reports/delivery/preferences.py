"""How often a creator wants reports: a choice of theirs, kept in a table of ours."""

from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from uuid import UUID

import psycopg

from reports.creator.model import Period
from schema.sql import load_sql


class Frequency(StrEnum):
    """How often reports come; weekly unless the creator chose otherwise."""

    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"
    OFF = "off"


class ChangedBy(StrEnum):
    """Who made a choice: the creator by a link, or an operator for them."""

    CREATOR = "creator"
    OPERATOR = "operator"


# Whoever wants a report that often gets those of this period, and no others.
FREQUENCY_OF = MappingProxyType(
    {
        Period.DAY: Frequency.DAILY,
        Period.WEEK: Frequency.WEEKLY,
        Period.MONTH: Frequency.MONTHLY,
    }
)


def find_frequency(connection: psycopg.Connection, user_id: UUID) -> Frequency | None:
    """How often an account wants reports; none when there is no such account."""
    row = connection.execute(load_sql(__package__, "select_preference"), {"user_id": user_id})
    found = row.fetchone()
    return Frequency(found[0]) if found else None


def choose_frequency(
    connection: psycopg.Connection,
    user_id: UUID,
    frequency: Frequency,
    *,
    by: ChangedBy,
    now: datetime,
) -> None:
    """Keep a choice; an account that is gone gets no mail anyway."""
    facts = {"user_id": user_id, "frequency": frequency, "changed_by": by, "now": now}
    connection.execute(load_sql(__package__, "set_preference"), facts)
