from collections.abc import Callable, Iterator

import pytest

from assets.resources.postgres import Postgres
from tests.fixtures.postgres import PostgresServer
from tests.fixtures.relay import Relay, relayed


@pytest.fixture
def relay(postgres_server: PostgresServer) -> Iterator[Relay]:
    with relayed(postgres_server.port) as made:
        yield made


@pytest.fixture
def far(database: str, relay: Relay, tcp_url: Callable[..., str]) -> Postgres:
    """The database, reached through the relay."""
    return Postgres(tcp_url(database, port=relay.port))
