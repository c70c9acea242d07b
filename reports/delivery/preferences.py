"""How often a creator wants reports: a choice of theirs, in a table of ours and in the home."""

from collections.abc import Sequence
from datetime import datetime
from types import MappingProxyType
from uuid import UUID

import psycopg

from reports.creator.model import Period
from reports.delivery.kept_choices import ChangedBy, Choice, Frequency, KeptChoices
from schema.sql import load_sql

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
    kept: KeptChoices,
    user_id: UUID,
    frequency: Frequency,
    *,
    by: ChangedBy,
    now: datetime,
) -> None:
    """Keep a choice; an account that is gone gets no mail anyway.

    In the home before the transaction commits: two at once are kept in the order of their commits,
    and an erasure, which waits for the row, finds the file.

    Raises:
        StorageError: the home cannot be written; the table is as it was.
    """
    facts = {"user_id": user_id, "frequency": frequency, "changed_by": by, "now": now}
    with connection.transaction():
        row = connection.execute(load_sql(__package__, "set_preference"), facts).fetchone()
        if row:
            kept.keep(Choice(user_id, frequency, row[0], by))


def exchange_choices(connection: psycopg.Connection, kept: KeptChoices) -> int:
    """Give the table what only the home knows, as after a restore, and the other way round.

    Returns how many the table has got. No account is to be erased meanwhile.

    Raises:
        StorageError: the folder of choices cannot be read or written.
    """
    known = _columns(list(kept.read()))
    restored = connection.execute(load_sql(__package__, "restore_preferences"), known).rowcount
    with connection.transaction():
        unknown = connection.execute(load_sql(__package__, "select_unkept_preferences"), known)
        for user_id, frequency, changed_at, changed_by in unknown:
            kept.keep(Choice(user_id, Frequency(frequency), changed_at, ChangedBy(changed_by)))
    return restored


def _columns(choices: Sequence[Choice]) -> dict[str, list[object]]:
    return {
        "user_ids": [choice.user_id for choice in choices],
        "frequencies": [choice.frequency for choice in choices],
        "moments": [choice.changed_at for choice in choices],
        "changed_by": [choice.changed_by for choice in choices],
    }
