from importlib import resources

import pytest

from assets.ingestion.source_tables import SOURCE_TABLES
from schema.privacy import PRIVATE_COLUMNS
from schema.tables.columns import Contract, polars_schema
from tests.fixtures.intake import Intake

SQL = resources.files("assets.ingestion") / "sql"


def test_every_source_table_has_a_statement_and_every_statement_a_table() -> None:
    statements = {file.name for file in SQL.iterdir() if file.name.startswith("select_")}

    assert statements == {f"select_{table}.sql" for table in SOURCE_TABLES}


@pytest.mark.parametrize(("table", "contract"), SOURCE_TABLES.items(), ids=SOURCE_TABLES)
def test_a_contract_is_the_one_of_its_name(table: str, contract: type[Contract]) -> None:
    assert contract.__name__ == table.title().replace("_", "")
    assert contract.__doc__
    assert "Grain: " in contract.__doc__


def test_no_contract_has_a_private_column() -> None:
    private = {column for columns in PRIVATE_COLUMNS.values() for column in columns} - {"metadata"}

    for table, contract in SOURCE_TABLES.items():
        assert not private & set(polars_schema(contract)), table


def test_every_statement_gives_the_columns_of_its_contract(intake: Intake) -> None:
    for table, contract in SOURCE_TABLES.items():
        assert intake.extract(table, "2024-02-29").schema == polars_schema(contract), table
