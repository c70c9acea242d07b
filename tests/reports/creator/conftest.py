"""A platform that reports are about, made once for all tests of the reports."""

from collections.abc import Iterator

import pytest

from tests.fixtures.postgres import PostgresServer, new_database
from tests.fixtures.reported_platform import ReportedPlatform, build_platform
from tests.fixtures.reported_tables import Size, random_tables


@pytest.fixture(scope="session")
def reported(
    postgres_server: PostgresServer,
    database_names: Iterator[str],
    migrated_template: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[ReportedPlatform]:
    with new_database(postgres_server, next(database_names), template=migrated_template) as url:
        tables = random_tables(Size(), seed=11)
        yield build_platform(url, tmp_path_factory.mktemp("reported"), tables)
