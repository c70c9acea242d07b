"""`sociallive migrate` on an installation that has run before."""

import sqlite3
from contextlib import closing
from pathlib import Path

from pipelines.dagster_home import open_instance
from tests.fixtures.command import Command
from tests.fixtures.installation import Installation

UPGRADED = "Dagster's storage is at its newest schema"


def revision(storage: Path) -> str:
    with closing(sqlite3.connect(storage)) as connection:
        [(number,)] = connection.execute("SELECT version_num FROM alembic_version")
    return str(number)


def test_dagsters_storage_is_brought_to_its_newest_schema_after_the_platform(
    command_here: Command, installation: Installation
) -> None:
    with open_instance(installation.settings):
        pass
    storage = installation.settings.dagster_home / "history" / "runs.db"
    newest = revision(storage)
    with closing(sqlite3.connect(storage)) as connection, connection:
        # The last migration but one; it and the last add what they find there already.
        connection.execute("UPDATE alembic_version SET version_num = '7e2f3204cf8e'")

    code, said = command_here("migrate")

    assert code == 0, said
    assert said.endswith(UPGRADED)
    assert revision(storage) == newest


def test_before_the_first_run_there_is_no_storage_of_dagster_to_migrate(
    command_here: Command, installation: Installation
) -> None:
    code, said = command_here("migrate")

    assert code == 0
    assert UPGRADED not in said
    assert not installation.settings.dagster_home.exists()
