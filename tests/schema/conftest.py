from collections.abc import Callable, Iterator
from contextlib import ExitStack

import psycopg
import pytest

from tests.fixtures.noted_days import forget_people
from tests.fixtures.platform_rows import People, add_people
from tests.fixtures.postgres import PostgresServer, create_database


@pytest.fixture
def more_sessions(database: str) -> Iterator[Callable[[], psycopg.Connection]]:
    """Opens further sessions on the test's database."""
    with ExitStack() as opened:
        yield lambda: opened.enter_context(psycopg.connect(database, options="-c TimeZone=UTC"))


@pytest.fixture(scope="session")
def shared_database(postgres_server: PostgresServer, migrated_template: str) -> str:
    name = "shared_by_schema_tests"
    return create_database(postgres_server, name, template=migrated_template)


@pytest.fixture
def trial(shared_database: str) -> Iterator[psycopg.Connection]:
    """A session whose one transaction is never committed: quicker than a database of its own."""
    session = psycopg.connect(shared_database, options="-c TimeZone=UTC")
    yield session
    session.close()


@pytest.fixture
def people(trial: psycopg.Connection) -> People:
    """Accounts and a post of today, which have left no note."""
    added = add_people(trial)
    forget_people(trial)
    return added
