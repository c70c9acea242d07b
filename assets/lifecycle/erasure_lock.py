"""Erasures alone, and work that no erasure may overtake: the one excludes the other."""

from collections.abc import Iterator
from contextlib import contextmanager

from assets.resources.advisory_lock import held_lock
from assets.resources.postgres import Postgres, Role
from schema.sql import load_sql

BUSY = (
    "another erasure is running, or reports are being written, or data loaded: wait, then run again"
)
ERASING = (
    "an account is being erased: no report is written and nothing loaded meanwhile; run again when "
    "it has ended"
)


@contextmanager
def erasing_alone(postgres: Postgres) -> Iterator[None]:
    """Keep out other erasures of this database, and whoever writes files about people.

    Raises:
        PartitionLockedError: one of them is at work.
    """
    with (
        postgres.session(Role.OPERATOR, autocommit=True) as connection,
        held_lock(connection, load_sql(__package__, "try_lock_erasures"), refusal=BUSY),
    ):
        yield


@contextmanager
def without_erasures(postgres: Postgres) -> Iterator[None]:
    """Keep erasures out from before people are read until files about them are in place.

    Others may do so at the same time. Files of a run that is killed are found by the next erasure.

    Raises:
        PartitionLockedError: an erasure is running.
    """
    with (
        postgres.session(Role.READER, autocommit=True) as connection,
        held_lock(connection, load_sql(__package__, "try_share_erasures"), refusal=ERASING),
    ):
        yield
