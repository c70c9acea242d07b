"""The assets that aggregate: rollups, `user_analytics`, `system_metrics`."""

from collections.abc import Iterator
from datetime import date

import dagster as dg

from assets.analytics import system_metrics as system_metrics_table
from assets.analytics import user_analytics as user_analytics_table
from assets.analytics.column_limits import split_by_fit
from assets.analytics.metric_sources import history_of_metrics
from assets.analytics.platform_inputs import system_metric_inputs
from assets.analytics.rollups import ROLLUPS, SOURCES_OF_COLUMNS, SOURCES_OF_ROLLUPS, Rollups
from assets.analytics.system_metrics import summarize_system_metrics
from assets.analytics.user_analytics import summarize_user_analytics
from assets.analytics.write_back import write_system_metrics, write_user_analytics
from assets.analytics.written_step import WrittenStep
from assets.metadata import (
    Belonging,
    Stopwatch,
    clear_failures,
    metric_metadata,
    note_publication,
    table_metadata,
    table_specs,
    table_tags,
)
from assets.partitions import (
    days_around,
    history_before,
    selected_days,
)
from assets.resources.engine import collect, run
from assets.resources.lineage import Lineage
from assets.resources.published import Published
from assets.resources.publishing import Output, Publisher
from schema.metrics import metric_versions
from schema.tables.columns import conform
from schema.tables.follows import Follows
from schema.tables.system_metrics import SystemMetrics
from schema.tables.unfollows import Unfollows
from schema.tables.user_analytics import UserAnalytics
from schema.tables.user_engagement import UserEngagement
from schema.windows import DayRange

GROUP = "analytics"
OWNERS = ["team:analytics"]
SOURCES_OF_USER_ANALYTICS = ["user_engagement", "follows", "unfollows"]


def rollup_asset(
    partitions: dg.DailyPartitionsDefinition, *, first_day: date, lookback_days: int
) -> dg.AssetsDefinition:
    """Build the rollups on daily partitions."""
    specs = table_specs(
        ROLLUPS,
        Belonging(GROUP, OWNERS, {"parquet"}),
        partitions=partitions,
        deps=list(SOURCES_OF_ROLLUPS),
        sources=SOURCES_OF_COLUMNS,
    )

    @dg.multi_asset(name="rollups", specs=specs, backfill_policy=dg.BackfillPolicy.single_run())
    def rollups(
        context: dg.AssetExecutionContext,
        published: dg.ResourceParam[Published],
        publisher: dg.ResourceParam[Publisher],
    ) -> Iterator[dg.MaterializeResult[None]]:
        """Roll up the days, unseen days of history, and days whose sources have changed since."""
        days, stopwatch = selected_days(context), Stopwatch()
        lineage = Lineage(publisher.lake, SOURCES_OF_ROLLUPS, first_day)
        with clear_failures():
            around = days_around(days, lookback=lookback_days, first_day=first_day)
            lost = publisher.lost(list(ROLLUPS), DayRange(around.first, days.last))
            with_lost = DayRange(min([days.first, *lost]), days.last)
            history = [
                *lineage.readable(history_before(with_lost, first_day=first_day)),
                *history_before(days, first_day=first_day),
            ]
            stale = lineage.stale(list(ROLLUPS), around, lost=lost)
            work = Rollups(published, publisher, lineage, run_id=context.run.run_id)
            for piece in publisher.days_to_publish(
                list(ROLLUPS), days, history=history, again=stale
            ):
                for manifests in work.publish(piece):
                    note_publication(context, manifests, stopwatch, asked=days)
        for table in ROLLUPS:
            yield dg.MaterializeResult(asset_key=table)

    return rollups


def user_analytics_asset(
    partitions: dg.DailyPartitionsDefinition, *, first_day: date, lookback_days: int
) -> dg.AssetsDefinition:
    """Build `user_analytics` on daily partitions."""

    @dg.asset(
        deps=SOURCES_OF_USER_ANALYTICS,
        group_name=GROUP,
        owners=OWNERS,
        kinds={"postgres", "parquet"},
        tags=table_tags(UserAnalytics),
        metadata=table_metadata(UserAnalytics, user_analytics_table.SOURCES)
        | metric_metadata("user_analytics"),
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
        - Late-arriving rows: re-materialize the day; the restatement ledger keeps what changed.
        - Fails when: a source day is missing or the result breaks its contract.
        """
        asked = selected_days(context)
        around = days_around(asked, lookback=lookback_days, first_day=first_day)
        lineage = Lineage(publisher.lake, dict.fromkeys(SOURCES_OF_USER_ANALYTICS, 0), first_day)
        step = WrittenStep(context, publisher, lineage, asked, write_user_analytics)
        with clear_failures():
            for days, computed_from in step.pieces(
                "user_analytics", around, sized_by=SOURCES_OF_USER_ANALYTICS
            ):
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
                step.publish(output, days, computed_from)
        return dg.MaterializeResult()

    return user_analytics


def system_metrics_asset(
    partitions: dg.DailyPartitionsDefinition,
    *,
    first_day: date,
    lookback_days: int,
    source_tables: list[str],
) -> dg.AssetsDefinition:
    """Build `system_metrics` on daily partitions."""

    @dg.asset(
        deps=[*history_of_metrics()],
        group_name=GROUP,
        owners=OWNERS,
        kinds={"postgres", "parquet"},
        tags=table_tags(SystemMetrics),
        metadata=table_metadata(SystemMetrics, system_metrics_table.SOURCES)
        | metric_metadata("system_metrics"),
        partitions_def=partitions,
        backfill_policy=dg.BackfillPolicy.single_run(),
    )
    def system_metrics(
        context: dg.AssetExecutionContext,
        published: dg.ResourceParam[Published],
        publisher: dg.ResourceParam[Publisher],
    ) -> dg.MaterializeResult[None]:
        """Daily numbers of the whole platform, in the lake and in PostgreSQL.

        - Grain: one row per (date, metric_name, tags); timestamp in PostgreSQL: its first instant.
        - Units: per metric; the metric registry says which.
        - Source: the rollups and source tables of the day and of the 30 days before it.
        - Partitioning: daily, UTC; replaced whole, in one transaction; a re-run changes nothing.
        - Late-arriving rows: re-materialize the day and those that look back on it; the restatement
          ledger keeps what changed.
        - Left out, with a warning: a number that metric_value cannot hold.
        - Fails when: a day of the history is missing or the result breaks its contract.
        """
        asked = selected_days(context)
        around = days_around(asked, lookback=lookback_days, first_day=first_day)
        lineage = Lineage(
            publisher.lake, history_of_metrics(), first_day, ingest_facts=source_tables
        )
        step = WrittenStep(context, publisher, lineage, asked, write_system_metrics)
        with clear_failures():
            for days, computed_from in step.pieces("system_metrics", around):
                inputs = system_metric_inputs(
                    published, days, lineage=lineage, source_tables=source_tables
                )
                values = run(summarize_system_metrics(inputs, keep=published.keep))
                fitting, left_out = split_by_fit(values)
                for sentence in left_out:
                    context.log.warning("%s", sentence)
                output = Output(
                    "system_metrics",
                    SystemMetrics,
                    conform(fitting, SystemMetrics),
                    metric_versions("system_metrics"),
                )
                step.publish(output, days, computed_from)
        return dg.MaterializeResult()

    return system_metrics
