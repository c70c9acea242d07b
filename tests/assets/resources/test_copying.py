import string
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import polars as pl
import psycopg
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from assets.resources import copying
from assets.resources.copying import array_literal, copy_frame

# What COPY's CSV could mistake for something else, between ordinary and far-away characters.
TRAPS = [
    "",
    "\\N",
    "\\.",
    "\n\\.\n",
    '"',
    '""',
    "'",
    ",",
    "\r",
    "\r\n",
    "NULL",
    "{}",
    "\\",
    "\t",
    "ß🦀",
]
TEXTS = st.one_of(
    st.sampled_from(TRAPS),
    st.text(st.sampled_from(string.printable + '\\"{},ÄÖ漢\u2028\x85'), max_size=12),
    st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=12),
)
MOMENTS = st.datetimes(datetime(1, 1, 1), datetime(9999, 12, 31, 23, 59, 59, 999_999))
ROWS = st.lists(
    st.tuples(
        st.none() | TEXTS,
        st.none() | st.lists(st.none() | TEXTS, max_size=4),
        st.none() | st.decimals(min_value=-999, max_value=999, places=2),
        st.none() | MOMENTS,
        st.none() | st.uuids(),
        st.none() | st.integers(-(2**63), 2**63 - 1),
        st.none() | st.booleans(),
        st.none() | st.dates(),
    ),
    max_size=8,
)
SCHEMA = {
    "t": pl.String(),
    "a": pl.List(pl.String),
    "d": pl.Decimal(5, 2),
    "at": pl.Datetime("us", "UTC"),
    "id": pl.Binary(),
    "n": pl.Int64(),
    "b": pl.Boolean(),
    "day": pl.Date(),
}
CREATE = b"""
CREATE TEMP TABLE copied (
    t text, a text[], d decimal(5, 2), at timestamp, id uuid, n bigint, b boolean, day date,
    place serial
)
"""
Row = tuple[Any, ...]


@pytest.fixture
def through_postgres(connection: psycopg.Connection) -> Callable[[list[Row]], list[Row]]:
    connection.execute(CREATE)

    def go(rows: list[Row]) -> list[Row]:
        connection.execute("TRUNCATE copied")
        raw = [
            (*r[:3], r[3] and r[3].replace(tzinfo=UTC), r[4] and r[4].bytes, *r[5:]) for r in rows
        ]
        assert copy_frame(
            connection, "copied", pl.DataFrame(raw, schema=SCHEMA, orient="row")
        ) == len(rows)
        return connection.execute(
            "SELECT t, a, d, at, id, n, b, day FROM copied ORDER BY place"
        ).fetchall()

    return go


@example([(trap, [trap, None, trap], None, None, None, None, None, None) for trap in TRAPS])
@example([(None, [], Decimal("-0.01"), datetime(1, 1, 1), UUID(int=0), 0, False, date.min)])
@example([(None, None, None, None, None, None, None, None)])
@given(rows=ROWS)
@settings(
    max_examples=60,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_what_is_copied_is_read_back_the_same(
    through_postgres: Callable[[list[Row]], list[Row]], rows: list[Row]
) -> None:
    assert through_postgres(rows) == rows


@given(items=st.lists(st.none() | TEXTS, max_size=6))
@settings(
    max_examples=60,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_an_array_literal_means_its_items(
    connection: psycopg.Connection, items: list[str | None]
) -> None:
    frame = pl.DataFrame({"a": [items]}, schema={"a": pl.List(pl.String)})
    literal = frame.select(array_literal(pl.col("a"))).item()

    assert connection.execute("SELECT %s::text[]", [literal]).fetchone() == (items,)


def test_an_instant_of_another_zone_is_written_in_utc(connection: psycopg.Connection) -> None:
    connection.execute("CREATE TEMP TABLE moments (at timestamp, naive timestamp)")
    moment = datetime(2024, 7, 1, 12, tzinfo=UTC)
    berlin = pl.Series("at", [moment]).dt.convert_time_zone("Europe/Berlin")
    frame = pl.DataFrame([berlin, pl.Series("naive", [datetime(2024, 7, 1, 12)])])

    copy_frame(connection, "moments", frame)

    noon = datetime(2024, 7, 1, 12)
    assert connection.execute("SELECT * FROM moments").fetchall() == [(noon, noon)]


def test_only_the_named_columns_are_written_and_the_others_get_their_defaults(
    connection: psycopg.Connection,
) -> None:
    connection.execute('CREATE TEMP TABLE odd (x int DEFAULT 7, "a ""b"", c" text)')

    copy_frame(connection, "odd", pl.DataFrame({'a "b", c': ["text"]}))

    assert connection.execute("SELECT * FROM odd").fetchall() == [(7, "text")]


def test_a_table_may_be_named_with_its_schema(connection: psycopg.Connection) -> None:
    connection.execute("CREATE TABLE pipeline.numbers (n int)")

    assert copy_frame(connection, "pipeline.numbers", pl.DataFrame({"n": [1, 2]})) == 2


def test_more_rows_than_a_slice_are_written_once_and_in_order(
    connection: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copying, "ROWS_PER_SLICE", 3)
    connection.execute("CREATE TEMP TABLE numbers (n int, place serial)")

    copy_frame(connection, "numbers", pl.DataFrame({"n": range(10)}))

    rows = connection.execute("SELECT n FROM numbers ORDER BY place").fetchall()
    assert [n for (n,) in rows] == list(range(10))


def test_what_postgres_refuses_leaves_nothing_behind(connection: psycopg.Connection) -> None:
    connection.execute("CREATE TABLE texts (t text)")
    connection.commit()

    with pytest.raises(psycopg.DataError):
        copy_frame(connection, "texts", pl.DataFrame({"t": ["fine", "zero \0 byte"]}))

    connection.rollback()
    assert connection.execute("SELECT count(*) FROM texts").fetchone() == (0,)
