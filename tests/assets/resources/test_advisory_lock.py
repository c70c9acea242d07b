import psycopg
import pytest
from psycopg import sql

from assets.resources.advisory_lock import held_lock
from schema.errors import PartitionLockedError

TRY = sql.SQL("SELECT pg_try_advisory_lock(7)")


def test_of_two_sessions_one_is_refused_until_the_other_has_done_its_work(database: str) -> None:
    with (
        psycopg.connect(database, autocommit=True) as ours,
        psycopg.connect(database, autocommit=True) as theirs,
    ):
        with (
            held_lock(ours, TRY, refusal="busy"),
            pytest.raises(PartitionLockedError, match="busy"),
            held_lock(theirs, TRY, refusal="busy"),
        ):
            pytest.fail("both hold the lock")

        with held_lock(theirs, TRY, refusal="busy"):
            pass
        with held_lock(ours, TRY, refusal="busy"):
            pass


def test_a_lost_connection_is_no_reason_of_its_own(database: str) -> None:
    with (
        psycopg.connect(database, autocommit=True) as ours,
        held_lock(ours, TRY, refusal="busy"),
    ):
        ours.close()
