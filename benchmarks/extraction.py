"""How fast does a day of engagement come out of PostgreSQL into Parquet?

python -m benchmarks.extraction [--events 2000000] [--rounds 3]

Ours reads in a shared snapshot, checks every row against its contract, adds up the fingerprint,
writes, fsyncs. The others read the same rows with the tools' own defaults and check nothing. The
limit is PostgreSQL's: the same statement as binary COPY into nothing.
"""

import argparse
import tempfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import psycopg
from psycopg import sql

from assets.ingestion.extract import facts_of, open_reader, select_of
from assets.resources.lake import Lake
from assets.resources.postgres import Postgres
from assets.resources.snapshot import open_snapshot
from benchmarks.generated_engagement import make_days
from benchmarks.measuring import Candidate, show, take_turns
from benchmarks.servers import postmaster_of, throw_away_tcp_server

TABLE = "user_engagement"
DAY = date(2024, 1, 1)
CHUNK = 100_000
LIMIT = "COPY into nothing (the limit)"


def ours(url: str) -> int:
    """As the daily run ingests the table."""
    postgres = Postgres(url)
    with (
        tempfile.TemporaryDirectory() as folder,
        open_snapshot(postgres) as snapshot,
        open_reader(postgres, snapshot) as reader,
    ):
        staged = Lake(Path(folder)).stage(TABLE, DAY, reader.read(TABLE, DAY), fence=1)
        return staged.manifest.rows


def copy_to_nothing(url: str) -> int:
    """Binary COPY of the same statement; what arrives is thrown away."""
    with psycopg.connect(url) as session, session.cursor() as cursor:
        statement = sql.SQL("COPY ({}) TO STDOUT (FORMAT binary)").format(
            sql.SQL(_statement(session).rstrip().removesuffix(";"))
        )
        with cursor.copy(statement) as copy:
            for _ in copy:
                pass
        return cursor.rowcount


def with_connectorx(url: str) -> int:
    """Through Arrow into Polars, then Parquet."""
    import connectorx

    with psycopg.connect(url) as session:
        statement = _statement(session).rstrip().removesuffix(";")
    frame = connectorx.read_sql(url, statement, return_type="polars")
    with tempfile.TemporaryDirectory() as folder:
        frame.write_parquet(Path(folder, "day.parquet"), compression="zstd")
    return len(frame)


def with_pandas(url: str) -> int:
    """`read_sql`, then `to_parquet`."""
    import pandas as pd
    from sqlalchemy import create_engine, text

    with psycopg.connect(url) as session:
        statement = _statement(session).rstrip().removesuffix(";").replace(":", "\\:")
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://", 1))
    with engine.connect() as connection:
        frame = pd.read_sql(text(statement), connection)
    with tempfile.TemporaryDirectory() as folder:
        frame.to_parquet(Path(folder, "day.parquet"), compression="zstd")
    return len(frame)


def with_dlt(url: str, backend: str = "sqlalchemy") -> int:
    """A pipeline of `sql_database` to Parquet files."""
    import dlt
    from dlt.sources.sql_database import sql_table

    with psycopg.connect(url) as session:
        session.execute(
            sql.SQL("CREATE OR REPLACE VIEW one_day AS {}").format(
                sql.SQL(_statement(session).rstrip().removesuffix(";"))
            )
        )
    credentials = url.replace("postgresql://", "postgresql+psycopg://", 1)
    with tempfile.TemporaryDirectory() as folder:
        pipeline = dlt.pipeline(
            "one_day",
            pipelines_dir=folder,
            destination=dlt.destinations.filesystem(f"file://{folder}/lake"),
            dataset_name="lake",
        )
        table = sql_table(credentials, table="one_day", chunk_size=CHUNK, backend=backend)
        pipeline.run(table, loader_file_format="parquet")
        return int(pipeline.last_trace.last_normalize_info.row_counts["one_day"])


def _statement(session: psycopg.Connection) -> str:
    return psycopg.ClientCursor(session).mogrify(select_of(TABLE), facts_of(DAY))


CANDIDATES: dict[str, Candidate] = {
    "ours": ours,
    LIMIT: copy_to_nothing,
    "connectorx": with_connectorx,
    "dlt": with_dlt,
    "dlt, pyarrow": lambda url: with_dlt(url, backend="pyarrow"),
    "pandas": with_pandas,
}


def servers(events: list[int]) -> Iterator[tuple[int, str, int]]:
    """A database with a day of so many events, one after the other."""
    for count in events:
        with throw_away_tcp_server() as url:
            make_days(url, [DAY], events_per_day=count, with_indexes=False)
            yield count, url, postmaster_of(url)


def main() -> None:
    """Compare on one size; then our memory on twenty times as many."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=2_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--grown", type=int, nargs="*", default=[1_000_000, 20_000_000])
    given = parser.parse_args()
    for count, url, server in servers([given.events]):
        costs = take_turns(
            "benchmarks.extraction", list(CANDIDATES), url, rounds=given.rounds, server=server
        )
        show(f"One day of {count:,} events, PostgreSQL to Parquet", costs, beside="ours")
    grown = {}
    for count, url, server in servers(given.grown):
        [cost] = take_turns(
            "benchmarks.extraction", ["ours"], url, rounds=1, server=server
        ).values()
        grown[f"ours, {count:,} events"] = cost
    if grown:
        show("Memory beside the size of the day", grown, beside=next(iter(grown)))


if __name__ == "__main__":
    main()
