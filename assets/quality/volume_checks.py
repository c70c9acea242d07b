"""The checks of how much the days hold: warnings about days unlike the same weekday before."""

from collections.abc import Iterator, Sequence

import dagster as dg
import polars as pl

from assets.metadata import clear_failures
from assets.partitions import days_of_run
from assets.quality.published_volumes import PublishedVolumes
from assets.quality.volume import LEAST_WEEKS, WEEKS, Verdict, judge_volumes
from assets.quality.volume_report import (
    NOTHING,
    as_markdown,
    summarize,
    unusual_days,
    what_next,
)
from assets.resources.clock import utc_today
from assets.resources.postgres import Postgres
from schema.windows import DayRange

VOLUME = "volume"
# What happened on a day. Tables of states are left out: read later, they show other rows.
TABLES_OF_FACTS = (
    "users",
    "posts",
    "comments",
    "follows",
    "unfollows",
    "user_engagement",
    "media_files",
)
HEADLINE_TABLE = "system_metrics"
# A large upload: bytes are judged as that many events.
EVENT_SIZES = {"media_bytes": 50_000_000}
# A check that is run without days looks at the last week that was published.
DAYS_WITHOUT_RUN = 7


def volume_checks() -> list[dg.AssetChecksDefinition]:
    """Build the checks of volume; they warn, and block nothing."""
    return [row_counts_check(), headline_numbers_check()]


def row_counts_check() -> dg.AssetChecksDefinition:
    """Build the check of the rows read from the platform, one result per table."""
    specs = [_spec(table, what="rows") for table in TABLES_OF_FACTS]

    @dg.multi_asset_check(name="row_counts", specs=specs, can_subset=True)
    def row_counts(
        context: dg.AssetCheckExecutionContext, postgres: dg.ResourceParam[Postgres]
    ) -> Iterator[dg.AssetCheckResult]:
        """Compare the rows of each day with the same weekday of the weeks before."""
        keys = sorted(context.selected_asset_check_keys)
        tables = [key.asset_key.to_user_string() for key in keys]
        with clear_failures():
            volumes = PublishedVolumes(postgres)
            days = _days(context, volumes, tables)
            judged = judge_volumes(volumes.rows_of(tables, days), days)
        for key, table in zip(keys, tables, strict=True):
            yield check_result(key, judged.filter(pl.col("series") == table), days)

    return row_counts


def headline_numbers_check() -> dg.AssetChecksDefinition:
    """Build the check of the platform's headline numbers."""

    @dg.multi_asset_check(
        name="headline_numbers", specs=[_spec(HEADLINE_TABLE, what="headline numbers")]
    )
    def headline_numbers(
        context: dg.AssetCheckExecutionContext, postgres: dg.ResourceParam[Postgres]
    ) -> Iterator[dg.AssetCheckResult]:
        """Compare the headline numbers of each day with the same weekday of the weeks before."""
        with clear_failures():
            volumes = PublishedVolumes(postgres)
            days = _days(context, volumes, [HEADLINE_TABLE])
            judged = judge_volumes(volumes.headlines(days), days, event_sizes=EVENT_SIZES)
        yield check_result(dg.AssetCheckKey(dg.AssetKey(HEADLINE_TABLE), VOLUME), judged, days)

    return headline_numbers


def check_result(
    key: dg.AssetCheckKey, judged: pl.DataFrame, days: DayRange
) -> dg.AssetCheckResult:
    """What Dagster shows of the judged days of one table."""
    is_new = judged["verdict"] == Verdict.TOO_LITTLE_HISTORY.value
    is_usual = unusual_days(judged).is_empty()
    return dg.AssetCheckResult(
        passed=is_usual,
        asset_key=key.asset_key,
        check_name=key.name,
        severity=dg.AssetCheckSeverity.WARN,
        description=summarize(judged),
        metadata={
            "days": f"{days.first} to {days.last}",
            "series": judged["series"].n_unique(),
            "judged": int((~is_new).sum()),
            "too_little_history": int(is_new.sum()),
            # Dagster shows Markdown behind a click: none is needed to read that there is nothing.
            "unusual": NOTHING if is_usual else dg.MetadataValue.md(as_markdown(judged)),
            "what_next": what_next(judged),
        },
    )


def _spec(table: str, *, what: str) -> dg.AssetCheckSpec:
    return dg.AssetCheckSpec(
        VOLUME,
        asset=table,
        description=f"Whether the {what} of each day are usual beside the same weekday of the "
        f"{WEEKS} weeks before, {LEAST_WEEKS} of which must be there. Warns only.",
    )


def _days(
    context: dg.AssetCheckExecutionContext, volumes: PublishedVolumes, tables: Sequence[str]
) -> DayRange:
    """Days of the run, else the last week that was published."""
    of_run = days_of_run(context.run.tags)
    if of_run is not None:
        return of_run
    # Where nothing is published, any days do: none of them is there to be judged.
    newest = volumes.newest_day(tables) or utc_today()
    return DayRange(newest, newest).preceded_by(DAYS_WITHOUT_RUN - 1)
