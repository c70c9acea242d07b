"""Medians and Gini coefficients as exact fractions, from histograms of the values."""

import narwhals as nw

from assets.analytics.rows import Rows, row_count


def middle_sums(values: Rows, value: str, *, by: list[str]) -> Rows:
    """Per group the sum of the two middle values: twice the median.

    The middle value of an odd number of rows counts twice.
    """
    histogram = ranked_histogram(values, value, by=by)
    lower, upper = (nw.col("group_size") + 1) // 2, nw.col("group_size") // 2 + 1
    times = _covers(lower).cast(nw.Int64) + _covers(upper).cast(nw.Int64)
    return histogram.group_by(*by).agg(middle_sum=(nw.col(value) * times).sum().cast(nw.Int64))


def gini_fractions(values: Rows, value: str, *, by: list[str]) -> Rows:
    """Per group the Gini coefficient of positive values as numerator / denominator.

    With values x sorted upwards and ranks i = 1 … n: sum((2i - n - 1) * x) / (n * sum(x)).
    """
    x, tied = nw.col(value), nw.col("tied")
    first, last = nw.col("below") + 1, nw.col("below") + tied
    doubled_ranks = tied * (first + last)
    weighted = x * (doubled_ranks - tied * (nw.col("group_size") + 1))
    return (
        ranked_histogram(values, value, by=by)
        .group_by(*by)
        .agg(
            numerator=weighted.sum().cast(nw.Int64),
            denominator=(x * tied * nw.col("group_size")).sum().cast(nw.Int64),
        )
    )


def ranked_histogram(values: Rows, value: str, *, by: list[str]) -> Rows:
    """Per group and distinct value: rows with it (`tied`), rows `below` it, rows of the group."""
    tied = nw.col("tied")
    return (
        values.group_by(*by, value)
        .agg(tied=row_count())
        .with_columns(
            through=tied.cum_sum().over(*by, order_by=value).cast(nw.Int64),
            group_size=tied.sum().over(*by).cast(nw.Int64),
        )
        .with_columns(below=nw.col("through") - tied)
    )


def _covers(rank: nw.Expr) -> nw.Expr:
    return (nw.col("below") < rank) & (rank <= nw.col("through"))
