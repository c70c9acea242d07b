"""What is published is the same whether DuckDB computed it or a cluster of Spark."""

from dataclasses import replace

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from assets.ingestion.source_tables import SOURCE_TABLES
from assets.resources.engine import EngineName
from assets.resources.spark_url import SparkUrl
from pipelines.definitions import LAKE_TABLES
from tests.fixtures.installation import OWN_METRICS, RECENT, Copy, Installation

pytestmark = pytest.mark.spark

BEFORE, DAY = "2024-03-01", "2024-03-02"
TAKEN_BACK = (
    "DELETE FROM user_engagement WHERE id IN (SELECT id FROM user_engagement "
    "WHERE created_at >= '2024-02-29' AND created_at < '2024-03-01' ORDER BY id LIMIT 5)"
)


def lived(installation: Installation) -> Installation:
    """A day with its history, then a change before it, which the next run looks at again."""
    installation.run(BEFORE)
    installation.execute(TAKEN_BACK)
    installation.run(DAY)
    return installation


def rows(installation: Installation, table: str) -> pl.DataFrame:
    """All rows of all days, but what the pipeline says of itself.

    In the order of the files; that of the source tables is PostgreSQL's, which promises none.
    """
    files = installation.lake.files(table, installation.lake.published_days(table))
    if not files:
        return pl.DataFrame()
    frame = pl.read_parquet(files, hive_partitioning=True)
    if table in SOURCE_TABLES:
        return frame.sort(frame.columns)
    if table == "system_metrics":
        return frame.filter(~pl.col("metric_name").is_in(OWN_METRICS))
    return frame


def test_spark_publishes_the_same_lake_and_the_same_tables(
    copies: Copy, recent_template: str, spark_cluster: SparkUrl
) -> None:
    on_duckdb = lived(copies(recent_template, EngineName.DUCKDB, RECENT))
    another = copies(recent_template, EngineName.SPARK, RECENT)

    on_spark = lived(Installation(replace(another.settings, spark=spark_cluster)))

    for table in LAKE_TABLES:
        days = on_duckdb.lake.published_days(table)
        assert on_spark.lake.published_days(table) == days != [], table
        assert_frame_equal(rows(on_spark, table), rows(on_duckdb, table))
    assert on_spark.user_analytics() == on_duckdb.user_analytics() != []
    assert on_spark.system_metrics() == on_duckdb.system_metrics() != []
    assert on_spark.scores() == on_duckdb.scores()
