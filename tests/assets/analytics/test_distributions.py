from fractions import Fraction
from statistics import median

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.analytics.distributions import gini_fractions, middle_sums, ranked_histogram
from tests.fixtures.engines import LazyOn
from tests.fixtures.summaries import collected

LENIENT = settings(max_examples=50, derandomize=True)


def grouped(**groups: list[int]) -> pl.DataFrame:
    rows = [(group, value) for group, values in groups.items() for value in values]
    return pl.DataFrame(rows, schema={"group": pl.String, "x": pl.Int64}, orient="row")


@LENIENT
@given(
    few=st.lists(st.integers(-5, 5), min_size=1),
    wide=st.lists(st.integers(-(10**12), 10**12), min_size=1),
)
def test_half_the_middle_sum_is_the_median(
    lazy_on: LazyOn, few: list[int], wide: list[int]
) -> None:
    rows = lazy_on(grouped(few=few, wide=wide))

    sums = dict(collected(middle_sums(rows, "x", by=["group"])).iter_rows())

    halves = {group: Fraction(middle_sum, 2) for group, middle_sum in sums.items()}
    assert halves == {"few": median(map(Fraction, few)), "wide": median(map(Fraction, wide))}


@LENIENT
@given(views=st.lists(st.integers(1, 1_000), min_size=1))
def test_gini_is_the_mean_difference_over_twice_the_mean(lazy_on: LazyOn, views: list[int]) -> None:
    rows = lazy_on(grouped(day=views))

    (numerator, denominator) = (
        collected(gini_fractions(rows, "x", by=["group"])).select("numerator", "denominator").row(0)
    )

    differences = sum(abs(one - other) for one in views for other in views)
    assert Fraction(numerator, denominator) == Fraction(differences, 2 * len(views) * sum(views))


@pytest.mark.parametrize(
    ("views", "expected"),
    [
        ([7], Fraction(0)),
        ([3, 3, 3], Fraction(0)),
        ([1, 3], Fraction(1, 4)),
        ([1, 1, 1, 97], Fraction(72, 100)),
    ],
)
def test_gini_of_known_shares(lazy_on: LazyOn, views: list[int], expected: Fraction) -> None:
    fractions = collected(gini_fractions(lazy_on(grouped(day=views)), "x", by=["group"]))

    assert Fraction(fractions["numerator"][0], fractions["denominator"][0]) == expected


def test_a_histogram_ranks_values_within_their_group(lazy_on: LazyOn) -> None:
    rows = lazy_on(grouped(a=[5, 5, 9], b=[1]))

    ranked = collected(ranked_histogram(rows, "x", by=["group"]).sort("group", "x"))

    columns = ranked.select("group", "x", "tied", "below", "group_size")
    assert columns.rows() == [("a", 5, 2, 0, 3), ("a", 9, 1, 2, 3), ("b", 1, 1, 0, 1)]
