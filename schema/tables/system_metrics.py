"""Contract of `system_metrics`, in the lake and in PostgreSQL."""

from typing import Annotated

import pandera.polars as pa
import polars as pl

from schema.metric import UNTAGGED
from schema.metrics import SYSTEM_METRICS
from schema.tables.columns import Contract, unit

MetricValue = Annotated[pl.Decimal, 15, 4]

LEAST = {metric.name: metric.least for metric in SYSTEM_METRICS}
MOST = {metric.name: metric.most for metric in SYSTEM_METRICS}
KEYS = {metric.name: "".join(metric.tags) for metric in SYSTEM_METRICS}
HAS_UNTAGGED = [
    metric.name for metric in SYSTEM_METRICS if not metric.tags or UNTAGGED in metric.always
]


class SystemMetrics(Contract):
    """One row per metric, tags and day; `absent_when` of the registry says when one has none.

    Grain: (date, metric_name, tags). Source: the rollups and the lake's tables, as `schema.metrics`
    says for each metric.
    """

    date: pl.Date = pa.Field(description="UTC day that the number is about")
    metric_name: pl.String = pa.Field(isin=list(LEAST), description="which number (registry)")
    tags: pl.String = pa.Field(
        str_matches=r'^\{("[a-z_]+": ("[A-Za-z_]+"|\d+|null))?\}$',
        description="what tells the rows of a metric apart: JSON as PostgreSQL prints jsonb",
    )
    metric_value: MetricValue = pa.Field(
        metadata=unit("as the registry says"),
        description="the number, in the metric's unit (registry)",
    )

    @pa.check("metric_value", error="a metric has one row per day and tags")
    def grain_is_unique(cls, data: pa.PolarsData) -> pl.LazyFrame:
        """Refuse rows of the same (date, metric_name, tags)."""
        return data.lazyframe.select(pl.struct("date", "metric_name", "tags").is_unique())

    @pa.check("metric_value", error="a metric lies within the bounds of the registry")
    def values_are_possible(cls, data: pa.PolarsData) -> pl.LazyFrame:
        """Refuse negative counts, shares above 1 and the like."""
        name, value = pl.col("metric_name"), pl.col("metric_value")
        least = name.replace_strict(LEAST, default=None, return_dtype=pl.Int64)
        most = name.replace_strict(MOST, default=None, return_dtype=pl.Int64)
        possible = (value >= least).fill_null(value=True) & (value <= most).fill_null(value=True)
        return data.lazyframe.select(possible)

    @pa.check("metric_value", error="a metric has the tags of the registry")
    def tags_belong_to_the_metric(cls, data: pa.PolarsData) -> pl.LazyFrame:
        """Refuse a tag that the metric does not have, and an untagged row where all are tagged."""
        key = pl.col("metric_name").replace_strict(KEYS, default="", return_dtype=pl.String)
        is_untagged = (pl.col("tags") == UNTAGGED) & pl.col("metric_name").is_in(HAS_UNTAGGED)
        has_its_key = (key != "") & pl.col("tags").str.starts_with(pl.format('{{"{}": ', key))
        return data.lazyframe.select(is_untagged | has_its_key)
