"""The assets that make creators' pages: of each day, week and month that has ended."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import dagster as dg

from assets.metadata import clear_failures
from assets.resources.postgres import Postgres
from assets.resources.published import Published
from reports.creator.gathering import gather_reports
from reports.creator.model import Period, ReportPeriod
from reports.creator.publishing import publish_reports

GROUP = "reports"
OWNERS = ["team:analytics"]
SOURCES = (
    *("user_analytics", "post_engagement_daily", "post_engagement_hourly", "author_audience_daily"),
    *("posts", "post_scores", "score_receipts", "popular_posts", "system_metrics"),
)
NAMES = {
    Period.DAY: "creator_reports_daily",
    Period.WEEK: "creator_reports_weekly",
    Period.MONTH: "creator_reports_monthly",
}
MONDAY = 1
EVERY_PAGES = 1_000


@dataclass(frozen=True, slots=True)
class ReportSite:
    """Where pages go, and what puts those of a period into the outbox: how many it has put there.

    `deliver_from`: reports of days before it are history, which nobody is mailed about.
    """

    folder: Path
    queue: Callable[[ReportPeriod, Sequence[UUID]], int]
    deliver_from: date


def creator_reports_asset(
    period: Period, daily: dg.DailyPartitionsDefinition, *, first_day: date
) -> dg.AssetsDefinition:
    """Build the asset of one period; its partitions are days, weeks from Monday on, or months."""

    @dg.asset(
        name=NAMES[period],
        description=_description(period),
        deps=list(SOURCES),
        group_name=GROUP,
        owners=OWNERS,
        kinds={"html", "csv"},
        partitions_def=_partitions(period, daily, first_day),
        backfill_policy=dg.BackfillPolicy.single_run(),
    )
    def creator_reports(
        context: dg.AssetExecutionContext,
        postgres: dg.ResourceParam[Postgres],
        published: dg.ResourceParam[Published],
        report_site: dg.ResourceParam[ReportSite],
    ) -> dg.MaterializeResult[None]:
        """Render the pages of each asked period, and put recent ones into the outbox."""

        def tell(pages: int) -> None:
            if pages % EVERY_PAGES == 0:
                context.log.info("%s pages", f"{pages:,}")

        with clear_failures():
            for key in context.partition_keys:
                asked = ReportPeriod(period, last_day(context.partitions_def, key))
                done = publish_reports(
                    report_site.folder, gather_reports(published, postgres, asked), progress=tell
                )
                facts = publication_metadata(report_site, asked, done)
                context.add_asset_metadata(facts, partition_key=key)
        return dg.MaterializeResult()

    return creator_reports
