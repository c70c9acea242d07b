"""The assets that aggregate: rollups, `user_analytics`, `system_metrics`."""

from collections.abc import Callable, Iterator
from datetime import date

import dagster as dg
import polars as pl
import psycopg

from assets.analytics.platform_inputs import system_metric_inputs
from assets.analytics.rollups import ROLLUPS, Rollups
from assets.analytics.system_metrics import summarize_system_metrics
from assets.analytics.user_analytics import summarize_user_analytics
from assets.analytics.write_back import WriteBack, write_system_metrics, write_user_analytics
from assets.metadata import (
    clear_failures,
    metric_metadata,
    note_partition,
    table_metadata,
    table_specs,
)
from assets.partitions import history_before, history_mapping, selected_days, with_history
from assets.resources.engine import collect
from assets.resources.published import Published
from assets.resources.publishing import CHUNK_DAYS, Output, Publisher
from schema.metrics import metric_versions
from schema.tables.follows import Follows
from schema.tables.system_metrics import SystemMetrics
from schema.tables.unfollows import Unfollows
from schema.tables.user_analytics import UserAnalytics
from schema.tables.user_engagement import UserEngagement
from schema.windows import DayRange

GROUP = "analytics"
OWNERS = ["team:analytics"]
SOURCES_OF_ROLLUPS = ["user_engagement", "posts", "comments", "follows"]
DAILY_SOURCES_OF_METRICS = [
    "late_accounts",
    "follows",
    "unfollows",
    "post_engagement_daily",
    "session_states",
    "moderation_states",
    "media_files",
]
HISTORY_OF_METRICS = ["user_activity", "users", "posts", "comments"]


def rollup_asset(
    partitions: dg.DailyPartitionsDefinition, *, first_day: date
) -> dg.AssetsDefinition:
    """Build the rollups on daily partitions."""
    specs = table_specs(
        ROLLUPS,
        partitions=partitions,
        group=GROUP,
        owners=OWNERS,
        kinds={"parquet"},
        deps=SOURCES_OF_ROLLUPS,
    )

    @dg.multi_asset(name="rollups", specs=specs, backfill_policy=dg.BackfillPolicy.single_run())
    def rollups(
        context: dg.AssetExecutionContext,
        published: dg.ResourceParam[Published],
        publisher: dg.ResourceParam[Publisher],
    ) -> Iterator[dg.MaterializeResult[None]]:
        """Roll up the days, and days of history that have never been rolled up."""
        days = selected_days(context)
        with clear_failures():
            history = history_before(days, first_day=first_day)
            work = Rollups(published, publisher, run_id=context.run.run_id)
            for piece in publisher.lake.days_to_publish(ROLLUPS, days, history=history):
                for manifest in work.publish(piece):
                    note_partition(context, manifest, asked=manifest.day in days)
        for table in ROLLUPS:
            yield dg.MaterializeResult(asset_key=table)

    return rollups


def user_analytics_asset(partitions: dg.DailyPartitionsDefinition) -> dg.AssetsDefinition:
    """Build `user_analytics` on daily partitions."""

    @dg.asset(
        deps=["user_engagement", "follows", "unfollows"],
        group_name=GROUP,
        owners=OWNERS,
        kinds={"postgres", "parquet"},
        metadata=table_metadata(UserAnalytics) | metric_metadata("user_analytics"),
        partitions_def=partitions,
        backfill_policy=dg.BackfillPolicy.single_run(),
    )
    def user_analytics(
        context: dg.AssetExecutionContext,
        published: dg.ResourceParam[Published],
        publisher: dg.ResourceParam[Publisher],
    ) -> dg.MaterializeResult[None]:
        """Daily numbers of each creator, in the lake and in PostgreSQL.

        - Grain: one row per (user_id, date) with at least one non-zero number; no row means zeros.
        - Units: counts; profile_views counts distinct viewers.
        - Source: user_engagement, follows and unfollows of the same day.
        - Partitioning: daily, UTC; replaced whole, in one transaction; a re-run changes nothing.
        - Late-arriving rows: change a day only when it is materialized again.
        - Fails when: a source day is missing or the result breaks its contract.
        """
        with clear_failures():
            for days in selected_days(context).chunks(CHUNK_DAYS):
                rows = summarize_user_analytics(
                    published.scan("user_engagement", UserEngagement, days),
                    published.scan("follows", Follows, days),
                    published.scan("unfollows", Unfollows, days),
                )
                output = Output(
                    "user_analytics",
                    UserAnalytics,
                    collect(rows, UserAnalytics),
                    metric_versions("user_analytics"),
                )
                publish_and_write(context, publisher, output, days, write_user_analytics)
        return dg.MaterializeResult()

    return user_analytics


def system_metrics_asset(
    partitions: dg.DailyPartitionsDefinition, *, first_day: date, source_tables: list[str]
) -> dg.AssetsDefinition:
    """Build `system_metrics` on daily partitions."""
    looking_back = [
        dg.AssetDep(table, partition_mapping=history_mapping()) for table in HISTORY_OF_METRICS
    ]

    @dg.asset(
        deps=[*DAILY_SOURCES_OF_METRICS, *looking_back],
        group_name=GROUP,
        owners=OWNERS,
        kinds={"postgres", "parquet"},
        metadata=table_metadata(SystemMetrics) | metric_metadata("system_metrics"),
        partitions_def=partitions,
        backfill_policy=dg.BackfillPolicy.single_run(),
    )
    def system_metrics(
        context: dg.AssetExecutionContext,
        published: dg.ResourceParam[Published],
        publisher: dg.ResourceParam[Publisher],
    ) -> dg.MaterializeResult[None]:
        """Daily numbers of the whole platform, in the lake and in PostgreSQL.

        - Grain: one row per (timestamp, metric_name, tags); timestamp is the day's first instant.
        - Units: per metric; the metric registry says which.
        - Source: the rollups and source tables of the day and of the 30 days before it.
        - Partitioning: daily, UTC; replaced whole, in one transaction; a re-run changes nothing.
        - Late-arriving rows: change a day only when it is materialized again.
        - Fails when: a day of the history is missing or the result breaks its contract.
        """
        with clear_failures():
            for days in selected_days(context).chunks(CHUNK_DAYS):
                inputs = system_metric_inputs(
                    published,
                    days,
                    history=with_history(days, first_day=first_day),
                    source_tables=source_tables,
                )
                rows = collect(summarize_system_metrics(inputs, keep=published.keep), SystemMetrics)
                output = Output(
                    "system_metrics", SystemMetrics, rows, metric_versions("system_metrics")
                )
                publish_and_write(context, publisher, output, days, write_system_metrics)
        return dg.MaterializeResult()

    return system_metrics


def publish_and_write(
    context: dg.AssetExecutionContext,
    publisher: Publisher,
    output: Output,
    days: DayRange,
    write: Callable[[psycopg.Connection, pl.DataFrame, DayRange], WriteBack],
) -> None:
    """Publish days to the lake and PostgreSQL together, and note what was written."""

    def write_back(connection: psycopg.Connection) -> None:
        outcome = write(connection, output.frame, days)
        context.log.info("%s %s to %s: %s", output.table, days.first, days.last, outcome)

    for manifest in publisher.publish(
        [output], days, run_id=context.run.run_id, write_back=write_back
    ):
        note_partition(context, manifest, asked=True)
