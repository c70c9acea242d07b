from datetime import date, datetime

import polars as pl

from assets.seeding.load.writing import MOST_MONTHS, months_to_make


def test_only_months_with_rows_get_a_partition() -> None:
    moments = pl.Series([datetime(2020, 9, 30), datetime(2020, 9, 1), datetime(1, 1, 1)])

    assert months_to_make(moments) == [date(1, 1, 1), date(2020, 9, 1)]


def test_of_too_many_months_those_with_most_rows_get_one() -> None:
    scattered = [datetime(1 + year, 1, 1) for year in range(MOST_MONTHS + 50)]
    moments = pl.Series([*scattered, *[datetime(2020, 9, 1)] * 2])

    made = months_to_make(moments)

    assert len(made) == MOST_MONTHS
    assert made[-1] == date(2020, 9, 1)


def test_without_rows_there_are_no_months() -> None:
    assert months_to_make(pl.Series([], dtype=pl.Datetime("us"))) == []
