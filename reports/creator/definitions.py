"""The assets that make creators' pages: of each day, week and month that has ended."""

import base64
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import dagster as dg

from assets.lifecycle.erasure_lock import without_erasures
from assets.metadata import clear_failures
from assets.partitions import MonthlyPartitions, WeeklyPartitions, selected_partitions
from assets.resources.postgres import Postgres
from assets.resources.published import Published
from reports.creator.charts import draw_chart, first_chart
from reports.creator.gathering import gather_reports
from reports.creator.model import CreatorReport, Period, ReportPeriod
from reports.creator.palette import ON_ANY_PAPER
from reports.creator.past_numbers import PastNumbers
from reports.creator.png import chart_png
from reports.creator.publishing import Past, page_path, publish_reports
from reports.creator.words import NUMBER_NAMES, span
from reports.held_days import held_days, refuse_held_days
from schema.markdown import markdown_table
from schema.windows import ONE_DAY

GROUP = "reports"
OWNERS = ["team:analytics"]
SOURCES = (
    *("user_analytics", "post_engagement_daily", "post_engagement_hourly", "author_audience_daily"),
    *("posts", "post_states", "post_scores", "score_receipts", "popular_posts", "system_metrics"),
)
NAMES = {
    Period.DAY: "creator_reports_daily",
    Period.WEEK: "creator_reports_weekly",
    Period.MONTH: "creator_reports_monthly",
}
SPANS = {
    Period.DAY: "each day",
    Period.WEEK: "the seven days from each Monday",
    Period.MONTH: "the 28 days that end with each month",
}
MONDAY = 1
EVERY_PAGES = 1_000
PREVIEWED = 5
# As many as have room beside an id on an asset's page.
PREVIEWED_NUMBERS = ("post_impressions", "post_engagements", "followers_gained")
PICTURE_PIXELS = 600
# Whoever was mailed about days longer ago would wonder.
NEWS_DAYS = 3


@dataclass(frozen=True, slots=True)
class ReportSite:
    """Where pages go, and what puts those of a period into the outbox: amounts by what they are.

    `today`: periods that ended more than a few days before it are history, and nobody is mailed.
    """

    folder: Path
    queue: Callable[[ReportPeriod, Sequence[UUID]], Mapping[str, int]]
    today: date


def creator_reports_asset(
    period: Period, daily: dg.DailyPartitionsDefinition, *, first_day: date
) -> dg.AssetsDefinition:
    """Build the asset of one period; its partitions are days, weeks from Monday on, or months."""
    partitions = _partitions(period, daily, first_day)

    @dg.asset(
        name=NAMES[period],
        description=_description(period),
        deps=list(SOURCES),
        group_name=GROUP,
        owners=OWNERS,
        kinds={"html", "csv"},
        tags={"personal_data": "names_and_texts"},
        partitions_def=partitions,
        backfill_policy=dg.BackfillPolicy.single_run(),
    )
    def creator_reports(
        context: dg.AssetExecutionContext,
        postgres: dg.ResourceParam[Postgres],
        published: dg.ResourceParam[Published],
        report_site: dg.ResourceParam[ReportSite],
    ) -> dg.MaterializeResult[None]:
        """Write the pages of each asked period, then put what is news into the outbox."""
        with clear_failures():
            for key in selected_partitions(context):
                window = partitions.time_window_for_partition_key(key)
                asked = ReportPeriod(period, window.end.date() - ONE_DAY)
                refuse_held_days(context.instance, asked.days)
                held = held_days(context.instance)
                with without_erasures(postgres):
                    reports = gather_reports(published, postgres, asked, held=held)
                    past = PastNumbers(postgres, published.lake, held).histories
                    facts = publish_period(report_site, asked, reports, past, context.log.info)
                context.add_asset_metadata(facts, partition_key=key)
        return dg.MaterializeResult()

    return creator_reports


def publish_period(
    site: ReportSite,
    period: ReportPeriod,
    reports: Iterable[CreatorReport],
    past: Past,
    tell: Callable[[str], None],
) -> dict[str, Any]:
    """Write all pages of a period and queue their mails; what Dagster shows of it.

    `past` gives what new histories begin with; `tell` is told how many reports are done.
    """
    seen = _Seen(tell)
    done = publish_reports(seen.watch(reports), site.folder, past=past)
    facts: dict[str, Any] = {
        "pages": done.written + done.unchanged,
        "pages_written": done.written,
        "folder": dg.MetadataValue.path(site.folder),
        "is_final": seen.is_final,
        "busiest": dg.MetadataValue.md(seen.preview()),
    }
    if seen.busiest:
        page = page_path(site.folder, seen.busiest[0])
        facts["sample"] = dg.MetadataValue.path(str(page))
        facts["picture"] = dg.MetadataValue.md(picture(seen.busiest[0]))
    if site.today - period.last <= timedelta(days=NEWS_DAYS):
        facts |= {f"mails_{name}": mails for name, mails in site.queue(period, seen.ids).items()}
    return facts


def picture(report: CreatorReport) -> str:
    """A report's first chart as an image inside Markdown; empty where there is nothing in it."""
    chart = first_chart(report)
    drawing = draw_chart(report, chart, ON_ANY_PAPER)
    if drawing is None:
        return ""
    drawn = base64.b64encode(chart_png(drawing, PICTURE_PIXELS)).decode()
    # The picture itself has no text.
    most = max(report.series[f"post_{chart}"])
    said = f"{chart.capitalize()} of the busiest creator per day, {span(report.calendar)}"
    return f"{said}; the tallest bar is {most:,}\n\n![per day](data:image/png;base64,{drawn})"


@dataclass(slots=True)
class _Seen:
    """What passes by on its way to the disk: ids of all, numbers of the busiest."""

    tell: Callable[[str], None]
    ids: list[UUID] = field(default_factory=list)
    busiest: list[CreatorReport] = field(default_factory=list)
    is_final: bool = True

    def watch(self, reports: Iterable[CreatorReport]) -> Iterator[CreatorReport]:
        """The same reports."""
        for report in reports:
            self.ids.append(report.user_id)
            self.is_final &= report.is_final
            self.busiest = sorted([*self.busiest, report], key=_order)[:PREVIEWED]
            if len(self.ids) % EVERY_PAGES == 0:
                self.tell(f"{len(self.ids):,} reports")
            yield report

    def preview(self) -> str:
        """Headline numbers of the busiest creators, by id: names are what users wrote."""
        columns = ("creator", *(NUMBER_NAMES[name].lower() for name in PREVIEWED_NUMBERS))
        rows = [
            (str(report.user_id), *(f"{report.totals[name]:,}" for name in PREVIEWED_NUMBERS))
            for report in self.busiest
        ]
        return markdown_table(columns, rows)


def _order(report: CreatorReport) -> tuple[int, int, UUID]:
    """Most seen first; then, as where no views are counted, most engaged with."""
    totals = report.totals
    return -totals["post_impressions"], -totals["post_engagements"], report.user_id


def _partitions(
    period: Period, daily: dg.DailyPartitionsDefinition, first_day: date
) -> dg.TimeWindowPartitionsDefinition:
    start = first_day.isoformat()
    if period is Period.WEEK:
        return WeeklyPartitions(start_date=start, day_offset=MONDAY)
    return daily if period is Period.DAY else MonthlyPartitions(start_date=start)


def _description(period: Period) -> str:
    return (
        f"A page and a history for each creator, about {SPANS[period]}; and mail to those who want "
        "it.\n\n"
        "- Grain: one HTML page per creator and period, one CSV of days per creator.\n"
        "- Shows: active accounts with a post or a number in the period or the four weeks before; "
        "each sees their own numbers only, and whom they reached from ten accounts on.\n"
        "- Source: the published tables; names and texts of posts from PostgreSQL.\n"
        "- Late-arriving rows: materialize the period again; pages that say the same stay.\n"
        f"- Mail: queued once, when the period ended in the last {NEWS_DAYS} days.\n"
        "- Fails when: a day of the period has not been published, a check has refused its "
        "numbers, or the disk is full."
    )
