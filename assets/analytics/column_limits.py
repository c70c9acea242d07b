"""What `system_metrics.metric_value` can hold: a number beyond it is left out, never rounded."""

from decimal import Decimal
from typing import get_args

import polars as pl

from schema.metric import UNTAGGED
from schema.tables.system_metrics import MetricValue

_, DIGITS, DECIMALS = get_args(MetricValue)
LARGEST_VALUE = Decimal(10**DIGITS - 1).scaleb(-DECIMALS)


def split_by_fit(values: pl.DataFrame) -> tuple[pl.DataFrame, list[str]]:
    """Take apart the rows whose `metric_value` fits, and one sentence about each other row.

    A number too large for the platform's column is no reason to publish none of its day.
    """
    fits = pl.col("metric_value").abs() <= LARGEST_VALUE
    misfits = values.filter(~fits).select("date", "metric_name", "tags", "metric_value")
    return values.filter(fits), [_left_out(*row) for row in misfits.iter_rows()]


def _left_out(day: object, name: str, tags: str, value: Decimal) -> str:
    metric = f"{name} {tags}".removesuffix(f" {UNTAGGED}")
    return (
        f"{metric} of {day} is left out: it reaches {value:,f}, and system_metrics.metric_value "
        f"holds {LARGEST_VALUE:,f} at most. See whether the amounts that it sums up are real; the "
        "other numbers of the day are published"
    )
