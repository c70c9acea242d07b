import random
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.ranking.prior import WEIGHTS, expect_engagement
from assets.resources.engine import DuckDBEngine, Engine, PolarsEngine
from schema.vocabulary import EngagementType
from schema.windows import DayRange

D = date(2026, 3, 31)
TODAY = DayRange(D, D)
POST = b"\x01" * 16
SCHEMA = {
    "date": pl.Date,
    "post_id": pl.Binary,
    "engagement_type": pl.String,
    "audience_value": pl.Int64,
}

rows = st.tuples(
    st.integers(0, 32).map(lambda age: D - timedelta(days=age)),
    st.sampled_from([POST, b"\xff" * 16]),
    st.sampled_from([kind.value for kind in EngagementType]),
    st.integers(-100_000, 10_000_000),
)
tables = st.lists(rows, max_size=12)
few = settings(max_examples=20, deadline=None)


@pytest.fixture(scope="module")
def engines() -> Iterator[tuple[Engine, Engine]]:
    duckdb = DuckDBEngine()
    yield PolarsEngine(), duckdb
    duckdb.connection.close()


def expect(engine: Engine, table: list[tuple[Any, ...]]) -> dict[bytes, Decimal]:
    frame = engine.lazy(pl.DataFrame(table, schema=SCHEMA, orient="row"))
    expected = expect_engagement(frame, days=TODAY).collect("polars").to_native()
    return dict(expected.select("post_id", "expected").iter_rows())


@few
@given(tables, rows, st.integers(0, 10_000_000))
def test_more_engagement_of_any_type_never_lowers_a_score(
    engines: tuple[Engine, ...], table: list[Any], row: tuple[Any, ...], more: int
) -> None:
    for engine in engines:
        before = expect(engine, [*table, row])

        after = expect(engine, [*table, (*row[:3], row[3] + more)])

        assert all(after[post] >= score for post, score in before.items())


@few
@given(tables, st.randoms(use_true_random=False))
def test_neither_engine_nor_order_of_rows_changes_a_score(
    engines: tuple[Engine, ...], table: list[Any], dice: random.Random
) -> None:
    shuffled = dice.sample(table, len(table))

    answers = [expect(engine, rows) for engine in engines for rows in (table, shuffled)]

    assert all(answer == answers[0] for answer in answers)


def test_every_type_of_engagement_has_a_weight() -> None:
    assert set(WEIGHTS) == set(EngagementType)


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Kolkata"])
def test_days_do_not_depend_on_the_zone_of_the_session(zone: str) -> None:
    engine = DuckDBEngine()
    engine.connection.execute(f"SET TimeZone = '{zone}'")

    expected = expect(engine, [(D, POST, "LIKE", 200)])

    engine.connection.close()
    assert expected == {POST: Decimal("1.00")}
