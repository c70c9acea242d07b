from collections.abc import Iterator
from contextlib import closing

import psycopg
import pytest

from assets.resources import read_timeout
from assets.resources.read_timeout import BoundedConnection, watchdog_beside

SLOW = "SELECT pg_sleep(60)"


@pytest.fixture(autouse=True)
def short_timeout(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(read_timeout, "READ_TIMEOUT_S", 1)


@pytest.fixture
def beside(database: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(database) as connection:
        yield connection


def test_a_session_that_was_given_up_is_closed(database: str) -> None:
    with closing(BoundedConnection.connect(database)) as session:
        with pytest.raises(psycopg.OperationalError, match="the server said nothing for"):
            session.execute(SLOW)
        assert session.closed


def test_what_the_server_refuses_in_time_is_told_as_it_is(database: str) -> None:
    with closing(BoundedConnection.connect(database, autocommit=True)) as session:
        session.execute("SET statement_timeout = 50")
        with pytest.raises(psycopg.errors.QueryCanceled, match="statement timeout"):
            session.execute(SLOW)
        assert not session.closed


def test_a_watchdog_ends_what_was_opened_after_it_and_nothing_else(
    database: str, beside: psycopg.Connection
) -> None:
    watchdog = watchdog_beside(beside)
    with closing(psycopg.connect(database)) as later, pytest.raises(psycopg.OperationalError):
        watchdog.bounded(lambda: later.execute(SLOW))

    assert watchdog.is_cut
    assert beside.execute("SELECT 1").fetchone() == (1,)


def test_an_answer_in_time_leaves_the_connection_alone(
    database: str, beside: psycopg.Connection
) -> None:
    watchdog = watchdog_beside(beside)
    with closing(psycopg.connect(database)) as later:
        assert watchdog.bounded(lambda: later.execute("SELECT 1").fetchone()) == (1,)
        later.execute("SELECT pg_sleep(1.1)")

    assert not watchdog.is_cut
