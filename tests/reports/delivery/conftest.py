from collections.abc import Iterator

import pytest

from tests.fixtures.mail_server import MailServer, running_mail_server
from tests.fixtures.post_office import PostOffice
from tests.fixtures.postgres import PostgresServer, new_database


@pytest.fixture(scope="session")
def delivery_database(postgres_server: PostgresServer, migrated_template: str) -> Iterator[str]:
    with new_database(postgres_server, "delivery", template=migrated_template) as url:
        yield url


@pytest.fixture
def office(delivery_database: str) -> PostOffice:
    """A database that other tests have used, without anybody: quicker than one of its own."""
    office = PostOffice(delivery_database)
    office.execute("DELETE FROM users")
    return office


@pytest.fixture
def mail_server() -> Iterator[MailServer]:
    with running_mail_server() as server:
        yield server
