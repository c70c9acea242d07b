from datetime import date

import narwhals as nw
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.analytics.rows import EPOCH_ORDINAL, daily, matching, stackable
from tests.fixtures.engines import LazyOn
from tests.fixtures.summaries import collected


@settings(max_examples=25, derandomize=True)
@given(days=st.lists(st.dates(date(1970, 1, 1), date(2400, 12, 31)), min_size=1))
def test_days_are_numbered_from_1970_on(lazy_on: LazyOn, days: list[date]) -> None:
    days += [date(1970, 1, 1), date(2000, 2, 29), date(2100, 3, 1), date(2024, 12, 31)]

    numbered = collected(daily(lazy_on(pl.DataFrame({"date": days})), "date"))

    expected = {day: day.toordinal() - EPOCH_ORDINAL for day in days}
    assert dict(numbered.iter_rows()) == expected


def test_stackable_rows_have_every_number_in_the_same_order(lazy_on: LazyOn) -> None:
    rows = lazy_on(pl.DataFrame({"date": [date(2024, 2, 29)], "who": ["ana"], "b": [3]}))

    stacked = collected(stackable(rows, ["a", "b"], user="who"))

    assert stacked.columns == ["date", "user_id", "a", "b"]
    assert stacked.rows() == [(date(2024, 2, 29), "ana", 0, 3)]


def test_matching_counts_the_rows_where_the_condition_holds(lazy_on: LazyOn) -> None:
    rows = lazy_on(pl.DataFrame({"group": ["a", "a", "b"], "n": [1, 5, 1]}))

    counted = rows.group_by("group").agg(large=matching(nw.col("n") > 2)).sort("group")

    assert collected(counted).rows() == [("a", 1), ("b", 0)]
