"""How fast do changed rows of `user_analytics` come into PostgreSQL?

python -m benchmarks.analytics_write_back [--rows 1000000] [--rounds 1]

Every row of a day is there and has other numbers now. All ways leave the same table, each in one
transaction. Ours also finds out which rows differ, sets aside those of deleted users, and notes
what it restates.
"""

import argparse
import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import psycopg

from assets.analytics.write_back import write_user_analytics
from benchmarks.measuring import Candidate, show, take_turns
from benchmarks.servers import postmaster_of, throw_away_tcp_server
from schema.metrics import USER_ANALYTICS
from schema.migrate import migrate
from schema.windows import DayRange

DAY = date(2024, 2, 29)
NUMBERS = [metric.name for metric in USER_ANALYTICS]
KEY = ["user_id", "date"]
COLUMNS = [*KEY, *NUMBERS]
PREPARE = """
INSERT INTO users (id, email, username, password_hash)
SELECT md5('user' || n)::uuid, n || '@example.org', 'user' || n, 'x'
FROM generate_series(1, {rows}) AS n;

INSERT INTO user_analytics (user_id, date, {numbers})
SELECT md5('user' || n)::uuid, '{day}', {ones} FROM generate_series(1, {rows}) AS n;
"""
UPSERT = """
INSERT INTO user_analytics ({columns}) {rows}
ON CONFLICT (user_id, date) DO UPDATE SET {changes}
"""
UPDATE_ONE = "UPDATE user_analytics SET {changes} WHERE user_id = %s AND date = %s"
INCOMING = "SELECT user_id::uuid, date, {numbers} FROM incoming"


@contextmanager
def changed_rows(prepared: str) -> Iterator[tuple[psycopg.Connection, pl.DataFrame]]:
    """A transaction, and the rows with numbers that the table does not have."""
    given = json.loads(prepared)
    with psycopg.connect(given["url"]) as session:
        row = session.execute("SELECT post_impressions FROM user_analytics LIMIT 1").fetchone()
        number = pl.lit(int(row[0]) + 1 if row else 1)
        rows = pl.read_parquet(given["keys"]).with_columns(number.alias(name) for name in NUMBERS)
        yield session, rows


def ours(prepared: str) -> int:
    """As the daily run writes a day."""
    with changed_rows(prepared) as (session, rows):
        return write_user_analytics(session, rows, DayRange(DAY, DAY), "benchmark").written


def upsert_one_by_one(prepared: str) -> int:
    """`executemany` of INSERT … ON CONFLICT DO UPDATE."""
    with changed_rows(prepared) as (session, rows), session.cursor() as cursor:
        cursor.executemany(
            upsert(f"VALUES ({', '.join(['%s'] * len(COLUMNS))})"), tuples(rows, COLUMNS)
        )
        return cursor.rowcount


def update_one_by_one(prepared: str) -> int:
    """`executemany` of UPDATE."""
    with changed_rows(prepared) as (session, rows), session.cursor() as cursor:
        changes = ", ".join(f"{name} = %s" for name in NUMBERS)
        cursor.executemany(
            UPDATE_ONE.format(changes=changes).encode(), tuples(rows, [*NUMBERS, *KEY])
        )
        return cursor.rowcount


def with_pandas(prepared: str) -> int:
    """`to_sql` into a table of its own, then one INSERT … SELECT."""
    from sqlalchemy import create_engine, text

    url = json.loads(prepared)["url"]
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://", 1))
    with changed_rows(prepared) as (_, rows):
        frame = rows.with_columns(pl.col("user_id").bin.encode("hex")).to_pandas()
    rows_of_incoming = INCOMING.format(numbers=", ".join(NUMBERS))
    with engine.begin() as connection:
        frame.to_sql("incoming", connection, index=False, chunksize=10_000)
        written = connection.execute(text(upsert(rows_of_incoming).decode())).rowcount
        connection.execute(text("DROP TABLE incoming"))
    return written


def upsert(rows: str) -> bytes:
    """The statement that inserts these rows, or takes their numbers."""
    changes = ", ".join(f"{name} = excluded.{name}" for name in NUMBERS)
    return UPSERT.format(columns=", ".join(COLUMNS), rows=rows, changes=changes).encode()


def tuples(rows: pl.DataFrame, columns: list[str]) -> list[tuple[Any, ...]]:
    """Rows as psycopg takes them, ids as text."""
    return rows.with_columns(pl.col("user_id").bin.encode("hex")).select(columns).rows()


CANDIDATES: dict[str, Candidate] = {
    "ours": ours,
    "executemany, upsert": upsert_one_by_one,
    "executemany, UPDATE": update_one_by_one,
    "pandas.to_sql": with_pandas,
}


def prepare(url: str, rows: int, keys: Path) -> None:
    """Fill the table, and write the keys of its rows to a file."""
    migrate(url)
    numbers, ones = ", ".join(NUMBERS), ", ".join("1" for _ in NUMBERS)
    with psycopg.connect(url) as session:
        session.execute(PREPARE.format(rows=rows, day=DAY, numbers=numbers, ones=ones).encode())
        ids = session.execute("SELECT uuid_send(id) FROM users ORDER BY id").fetchall()
    with psycopg.connect(url, autocommit=True) as session:
        session.execute("VACUUM (FREEZE, ANALYZE)")
    frame = pl.DataFrame(ids, schema={"user_id": pl.Binary}, orient="row")
    frame.with_columns(date=pl.lit(DAY)).write_parquet(keys)


def main() -> None:
    """Fill a database, then let the ways take turns on it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=1)
    given = parser.parse_args()
    with throw_away_tcp_server() as url, tempfile.TemporaryDirectory() as folder:
        keys = Path(folder, "keys.parquet")
        prepare(url, given.rows, keys)
        costs = take_turns(
            "benchmarks.analytics_write_back",
            list(CANDIDATES),
            json.dumps({"url": url, "keys": str(keys)}),
            rounds=given.rounds,
            server=postmaster_of(url),
        )
    show(f"{given.rows:,} changed rows of `user_analytics`", costs, beside="ours")


if __name__ == "__main__":
    main()
