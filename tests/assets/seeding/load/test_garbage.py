import tempfile
from pathlib import Path

import polars as pl
import psycopg
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assets.resources.postgres import Postgres
from assets.seeding.load import LoadReport, load_directory
from assets.seeding.load.columns import TABLES, Column, Kind, Table

IDS = ["1", "2", "3", " ", "6ba7b810-9dad-11d1-80b4-00c04fd430c8", None]
FIELDS: dict[Kind, list[str | None]] = {
    Kind.ID: IDS,
    Kind.TEXT: ["a", "b", "", "NULL", "\\N", "\\.", 'q"\n', "x" * 300, "\0", "é😀", None],
    Kind.CHOICE: ["LIKE", "VIEW", "USER", "IMAGE", "PUBLIC", "like", "", None],
    Kind.BOOLEAN: ["true", "F", "2", None],
    Kind.INTEGER: ["0", "-1", "99999999999", "x", None],
    Kind.DECIMAL: ["1", "-0.005", "NaN", "Infinity", "1e9", "", None],
    Kind.TIMESTAMP: [
        *("2020-01-01", "2020-01-01T00:00:00+14:00", "0001-01-01", "9999-12-31 23:59:59.999999"),
        *("infinity", "2020-13-01", "10000-01-01", None),
    ],
    Kind.JSON: ["{}", '{"source": "profile"}', "{", '"\\u0000"', "1e400", None],
    Kind.TAGS: ['["a"]', '["{", "\\"", null]', "[1]", "[]", "x", None],
}


USUAL: dict[str, list[str | None]] = {
    "username": list("abcdefgh"),
    "content": ["d"],
    "parent_id": [None, None, "1", "2"],
    "created_at": ["2020-01-01", "2020-01-02T00:00:00+14:00"],
    "engagement_type": ["LIKE", "VIEW"],
}


def rows_of(table: Table) -> st.SearchStrategy[dict[str, str | None]]:
    usual = st.fixed_dictionaries(
        {name: st.sampled_from(_usual(name, column)) for name, column in table.columns.items()}
    )
    spoiled = st.sampled_from(list(table.columns)).flatmap(
        lambda name: st.fixed_dictionaries(
            {name: st.sampled_from(FIELDS[table.columns[name].kind])}
        )
    )
    return st.tuples(usual, st.one_of(st.just({}), st.just({}), spoiled)).map(
        lambda parts: {**parts[0], **parts[1]}
    )


def _usual(name: str, column: Column) -> list[str | None]:
    return USUAL.get(name, IDS[:3] if column.kind is Kind.ID else [None])


def frames_of(table: Table) -> st.SearchStrategy[pl.DataFrame]:
    schema = dict.fromkeys(table.columns, pl.String)
    rows = st.lists(rows_of(table), min_size=2, max_size=12)
    return rows.map(lambda made: pl.DataFrame(made, schema))


@settings(
    max_examples=8,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.fixed_dictionaries({table.name: frames_of(table) for table in TABLES}))
def test_every_row_is_loaded_or_rejected_once(
    database: str, connection: psycopg.Connection, frames: dict[str, pl.DataFrame]
) -> None:
    connection.execute("TRUNCATE users CASCADE")
    connection.commit()

    first = load(database, frames)
    again = load(database, frames)

    for found, once_more in zip(first.tables, again.tables, strict=True):
        assert found.read == frames[found.table].height == found.loaded + found.rejected
        assert once_more.loaded == 0
        count = connection.execute(f"SELECT count(*) FROM {found.table}").fetchone()
        assert count == (found.loaded,)
    connection.commit()


def load(database: str, frames: dict[str, pl.DataFrame]) -> LoadReport:
    with tempfile.TemporaryDirectory() as folder:
        for name, frame in frames.items():
            frame.write_parquet(Path(folder) / f"{name}.parquet")
        return load_directory(
            Postgres(database),
            Path(folder),
            ending=None,
            rejects=Path(folder) / "rejects",
            progress=lambda _sentence: None,
        )
