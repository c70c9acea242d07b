"""DuckDB as a calculator: a column of texts through one of our statements, order kept."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import duckdb
import polars as pl

from schema.sql import load_sql


@contextmanager
def calculator() -> Iterator[duckdb.DuckDBPyConnection]:
    """A session of a DuckDB that fetches nothing and turns timestamps with an offset to UTC."""
    with _engine().cursor() as session:
        session.execute("SET TimeZone = 'UTC'")
        yield session


@cache
def _engine() -> duckdb.DuckDBPyConnection:
    # One for all: to open one takes 50 ms, and a load asks dozens of times.
    return duckdb.connect(config={"autoinstall_known_extensions": "false"})


def compute(
    package: str,
    statement: str,
    texts: pl.Series,
    **parameters: object,
) -> pl.DataFrame:
    """Run `sql/<statement>.sql` of a package over the table `texts` with its one column `text`."""
    query = load_sql(package, statement).as_string()
    with calculator() as engine:
        engine.register("texts", texts.alias("text").to_frame())
        return pl.DataFrame(engine.sql(query, params=parameters or None).to_arrow_table())
