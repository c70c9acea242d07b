from collections.abc import Callable, Iterator
from contextlib import ExitStack

import psycopg
import pytest

from tests.fixtures.platform_rows import People, add_people
from tests.fixtures.postgres import PostgresServer


@pytest.fixture
def more_sessions(database: str) -> Iterator[Callable[[], psycopg.Connection]]:
    """Opens further sessions on the test's database."""
    with ExitStack() as opened:
        yield lambda: opened.enter_context(psycopg.connect(database, options="-c TimeZone=UTC"))


@pytest.fixture(scope="session")
def shared_database(postgres_server: PostgresServer, migrated_template: str) -> str:
    names = {"name": "shared_by_schema_tests", "template": migrated_template}
    postgres_server.execute("CREATE DATABASE {name} TEMPLATE {template}", **names)
    return postgres_server.url(names["name"])


@pytest.fixture
def trial(shared_database: str) -> Iterator[psycopg.Connection]:
    """A session whose one transaction is never committed: quicker than a database of its own."""
    session = psycopg.connect(shared_database, options="-c TimeZone=UTC")
    yield session
    session.close()


@pytest.fixture
def people(trial: psycopg.Connection) -> People:
    return add_people(trial)
