from decimal import ROUND_HALF_UP, Decimal

import narwhals as nw
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.analytics.rationals import contributions, metric_values, rounded, tagged
from tests.fixtures.engines import LazyOn
from tests.fixtures.summaries import collected

STEP = Decimal("0.0001")
LARGEST_DENOMINATOR = 9 * 10**17
FRACTIONS = st.tuples(st.integers(-(10**18), 10**18), st.integers(1, LARGEST_DENOMINATOR)).filter(
    lambda fraction: abs(fraction[0]) // fraction[1] < 10**10
)


@settings(max_examples=50, derandomize=True)
@given(fractions=st.lists(FRACTIONS, min_size=1))
def test_division_is_exact_and_rounds_half_away_from_zero(
    lazy_on: LazyOn, fractions: list[tuple[int, int]]
) -> None:
    rows = pl.DataFrame(fractions, schema=["numerator", "denominator"], orient="row")

    divided = collected(rounded(lazy_on(rows)))

    by_fraction = {(row["numerator"], row["denominator"]): row for row in divided.to_dicts()}
    for numerator, denominator in fractions:
        exact = (Decimal(numerator) / Decimal(denominator)).quantize(STEP, ROUND_HALF_UP)
        assert by_fraction[numerator, denominator]["metric_value"] == exact


@pytest.mark.parametrize(
    ("numerator", "denominator", "expected"),
    [
        (1, 20_000, "0.0001"),
        (-1, 20_000, "-0.0001"),
        (1, 20_001, "0.0000"),
        (2, 3, "0.6667"),
        (-10_001, 3, "-3333.6667"),
        (99_999_999_999, 1, "99999999999.0000"),
        (LARGEST_DENOMINATOR - 1, LARGEST_DENOMINATOR, "1.0000"),
        (10**15, 1, "1000000000000000.0000"),
        (-(9 * 10**18), 1, "-9000000000000000000.0000"),
    ],
)
def test_fractions_become_four_decimals(
    lazy_on: LazyOn, numerator: int, denominator: int, expected: str
) -> None:
    rows = pl.DataFrame({"numerator": [numerator], "denominator": [denominator]})

    divided = collected(rounded(lazy_on(rows)))

    assert divided["metric_value"].to_list() == [Decimal(expected)]


def test_parts_of_a_metric_add_up_over_one_denominator(lazy_on: LazyOn) -> None:
    rows = pl.DataFrame({"day": [1, 1, 1, 2], "n": [1, 4, 0, 7], "d": [0, 10, 10, 0]})

    parts = contributions(lazy_on(rows), "m", numerator=nw.col("n"), denominator=nw.col("d"))

    values = collected(metric_values(parts))
    assert values.rows() == [(1, "m", "{}", Decimal("0.5000"))]


@pytest.mark.parametrize(
    ("value", "expected"), [("LIKE", '{"type": "LIKE"}'), (None, '{"type": null}')]
)
def test_tags_are_spelled_as_postgresql_prints_them(
    lazy_on: LazyOn, value: str | None, expected: str
) -> None:
    rows = lazy_on(pl.DataFrame({"kind": [value]}, schema={"kind": pl.String}))

    assert collected(rows.select(tags=tagged("type", nw.col("kind"))))["tags"].to_list() == [
        expected
    ]
