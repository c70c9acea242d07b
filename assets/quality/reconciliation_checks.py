"""Checks that compare, at the end of a run, what is published with what it was made from."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

import dagster as dg

from assets.metadata import clear_failures
from assets.partitions import days_of_run
from assets.quality.analytics import reconcile_analytics
from assets.quality.books import compare_books
from assets.quality.counters import reconcile_counters
from assets.quality.findings import Finding, about, alarming, as_markdown
from assets.quality.lake_files import verify_lake_files
from assets.resources.clock import utc_today
from assets.resources.postgres import Postgres
from assets.resources.published import Published
from schema.windows import ONE_DAY, DayRange

TABLES_WITH_COUNTERS = ("users", "posts", "comments")
TABLES_OF_NUMBERS = ("user_analytics", "system_metrics")
COUNTERS = "The platform's cached counters are what the facts in its own tables say."
PUBLISHED_NUMBERS = "Lake, user_analytics and system_metrics of the run agree to the last unit."
LAKE_FILES = "The days of the run lie in the lake as they were published."
# Without partitions of its own, a check that is run alone looks at the last week.
DAYS_WITHOUT_RUN = 7
# More rows than anybody reads; the total is there all the same.
ROWS_SHOWN = 50


def daily_reconciliation_checks(lake_tables: Sequence[str]) -> list[dg.AssetChecksDefinition]:
    """Build the checks of a run's days; none of them blocks what comes after."""
    return [published_numbers_check(), lake_files_check(lake_tables)]


def counters_check() -> dg.AssetChecksDefinition:
    """Build the check of the platform's cached counters: it reads all engagement there is."""

    @dg.multi_asset_check(
        specs=_specs("counters", TABLES_WITH_COUNTERS, says=COUNTERS), can_subset=True
    )
    def counters(
        context: dg.AssetCheckExecutionContext, postgres: dg.ResourceParam[Postgres]
    ) -> Iterator[dg.AssetCheckResult]:
        """Compare, and tell what nothing explains."""
        with clear_failures():
            findings = reconcile_counters(postgres)
        yield from _results(context, findings, severity=dg.AssetCheckSeverity.WARN)

    return counters


def published_numbers_check() -> dg.AssetChecksDefinition:
    """Build the check of the published numbers against each other."""

    @dg.multi_asset_check(
        specs=_specs(
            "published_numbers",
            TABLES_OF_NUMBERS,
            says=PUBLISHED_NUMBERS,
            after=["post_engagement_daily"],
        ),
        can_subset=True,
    )
    def published_numbers(
        context: dg.AssetCheckExecutionContext,
        postgres: dg.ResourceParam[Postgres],
        published: dg.ResourceParam[Published],
    ) -> Iterator[dg.AssetCheckResult]:
        """Compare, and tell what nothing explains."""
        with clear_failures():
            findings = reconcile_analytics(
                postgres, published.lake, days_to_check(context.run.tags)
            )
        yield from _results(context, findings, severity=dg.AssetCheckSeverity.ERROR)

    return published_numbers


def lake_files_check(tables: Sequence[str]) -> dg.AssetChecksDefinition:
    """Build the check of the lake's files and of the books about them."""

    @dg.multi_asset_check(specs=_specs("lake_files", tables, says=LAKE_FILES), can_subset=True)
    def lake_files(
        context: dg.AssetCheckExecutionContext,
        postgres: dg.ResourceParam[Postgres],
        published: dg.ResourceParam[Published],
    ) -> Iterator[dg.AssetCheckResult]:
        """Compare, and tell what nothing explains."""
        lake, days = published.lake, days_to_check(context.run.tags)
        with clear_failures():
            files = verify_lake_files(lake, tables, days, with_digests=False)
            books = compare_books(postgres, lake, tables, days)
        yield from _results(context, [*files, *books], severity=dg.AssetCheckSeverity.ERROR)

    return lake_files


def days_to_check(tags: Mapping[str, str]) -> DayRange:
    """Days that a run is about; the last week for one without partitions."""
    yesterday = utc_today() - ONE_DAY
    last_week = DayRange(yesterday, yesterday).preceded_by(DAYS_WITHOUT_RUN - 1)
    return days_of_run(tags) or last_week


def _specs(
    name: str, tables: Iterable[str], *, says: str, after: Sequence[str] = ()
) -> list[dg.AssetCheckSpec]:
    return [
        dg.AssetCheckSpec(name, asset=table, additional_deps=after, description=says)
        for table in tables
    ]


def _results(
    context: dg.AssetCheckExecutionContext,
    findings: Sequence[Finding],
    *,
    severity: dg.AssetCheckSeverity,
) -> Iterator[dg.AssetCheckResult]:
    for key in sorted(context.selected_asset_check_keys):
        yield check_result(key, findings, severity=severity)


def check_result(
    key: dg.AssetCheckKey, findings: Sequence[Finding], *, severity: dg.AssetCheckSeverity
) -> dg.AssetCheckResult:
    """What Dagster shows of the findings about one table."""
    mine = about(findings, key.asset_key.to_user_string())
    alarms = alarming(mine)
    return dg.AssetCheckResult(
        passed=not alarms,
        asset_key=key.asset_key,
        check_name=key.name,
        severity=severity,
        description=alarms[0].advice if alarms else None,
        metadata={
            "compared": sum(finding.compared for finding in mine),
            "unexplained": sum(finding.unexplained for finding in mine),
            "findings": dg.MetadataValue.md(as_markdown([*alarms, *_calm(mine)][:ROWS_SHOWN])),
            "what_next": "\n".join(dict.fromkeys(alarm.advice for alarm in alarms[:ROWS_SHOWN]))
            or "nothing",
        },
    )


def _calm(findings: Sequence[Finding]) -> list[Finding]:
    return [finding for finding in findings if not finding.is_alarming]
