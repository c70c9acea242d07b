"""Checks that compare, at the end of a run, what is published with what it was made from."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import dagster as dg

from assets.metadata import clear_failures
from assets.partitions import days_of_run
from assets.quality.analytics import reconcile_analytics
from assets.quality.books import compare_books
from assets.quality.contract_columns import count_accepted, verify_columns
from assets.quality.counters import reconcile_counters
from assets.quality.findings import Finding, about, alarming, as_markdown
from assets.quality.lake_files import verify_lake_files
from assets.resources.clock import utc_today
from assets.resources.postgres import Postgres
from assets.resources.published import Published
from schema.tables.columns import Contract
from schema.windows import ONE_DAY, DayRange

TABLES_WITH_COUNTERS = ("users", "posts", "comments")
TABLES_OF_NUMBERS = ("user_analytics", "system_metrics")
COUNTERS = "The platform's cached counters are what the facts in its own tables say."
PUBLISHED_NUMBERS = "Lake, user_analytics and system_metrics of the run agree to the last unit."
CONTRACT = (
    "Every row that was read fits the table's contract (a day with a row that does not is not "
    "published), and the days lie in the lake in its columns, whole and as they were published."
)
ALL_WELL = "nothing differs that is not explained"
NUMBERS_CHECK, CONTRACT_CHECK = "published_numbers", "contract_and_files"
# Without partitions of its own, a check that is run alone looks at the last week.
DAYS_WITHOUT_RUN = 7
# More rows than anybody reads; the total is there all the same.
ROWS_SHOWN = 50
# What a result says of its days: reports look there.
FIRST_DAY, LAST_DAY, FAILED_DAYS = "first_day", "last_day", "failed_days"
NO_DAY = "none"


def daily_reconciliation_checks(
    contracts: Mapping[str, type[Contract]],
) -> list[dg.AssetChecksDefinition]:
    """Build the checks of a run's days; wrong numbers fail the run, and no report shows them."""
    return [published_numbers_check(), contract_check(contracts)]


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
            NUMBERS_CHECK,
            TABLES_OF_NUMBERS,
            says=PUBLISHED_NUMBERS,
            after=["post_engagement_daily"],
            blocking=True,
        ),
        can_subset=True,
    )
    def published_numbers(
        context: dg.AssetCheckExecutionContext,
        postgres: dg.ResourceParam[Postgres],
        published: dg.ResourceParam[Published],
    ) -> Iterator[dg.AssetCheckResult]:
        """Compare, and tell what nothing explains."""
        days = days_to_check(context.run.tags)
        with clear_failures():
            findings = reconcile_analytics(postgres, published.lake, days)
        yield from _results(context, findings, severity=dg.AssetCheckSeverity.ERROR, days=days)

    return published_numbers


def contract_check(contracts: Mapping[str, type[Contract]]) -> dg.AssetChecksDefinition:
    """Build the check of contracts, of the lake's files and of the books about them."""
    tables = list(contracts)

    @dg.multi_asset_check(specs=_specs(CONTRACT_CHECK, tables, says=CONTRACT), can_subset=True)
    def contract_and_files(
        context: dg.AssetCheckExecutionContext,
        postgres: dg.ResourceParam[Postgres],
        published: dg.ResourceParam[Published],
    ) -> Iterator[dg.AssetCheckResult]:
        """Compare, and tell what nothing explains."""
        lake, days = published.lake, days_to_check(context.run.tags)
        with clear_failures():
            columns = verify_columns(lake, contracts, days)
            files = verify_lake_files(lake, tables, days, with_digests=False)
            books = compare_books(postgres, lake, tables, days)
        for key in sorted(context.selected_asset_check_keys):
            yield check_result(
                key,
                [*columns, *files, *books],
                severity=dg.AssetCheckSeverity.ERROR,
                days=days,
                more=count_accepted(lake, key.asset_key.to_user_string(), days, columns),
            )

    return contract_and_files


def days_to_check(tags: Mapping[str, str]) -> DayRange:
    """Days that a run is about; the last week for one without partitions."""
    yesterday = utc_today() - ONE_DAY
    last_week = DayRange(yesterday, yesterday).preceded_by(DAYS_WITHOUT_RUN - 1)
    return days_of_run(tags) or last_week


def _specs(
    name: str,
    tables: Iterable[str],
    *,
    says: str,
    after: Sequence[str] = (),
    blocking: bool = False,
) -> list[dg.AssetCheckSpec]:
    return [
        dg.AssetCheckSpec(
            name, asset=table, additional_deps=after, description=says, blocking=blocking
        )
        for table in tables
    ]


def _results(
    context: dg.AssetCheckExecutionContext,
    findings: Sequence[Finding],
    *,
    severity: dg.AssetCheckSeverity,
    days: DayRange | None = None,
) -> Iterator[dg.AssetCheckResult]:
    for key in sorted(context.selected_asset_check_keys):
        yield check_result(key, findings, severity=severity, days=days)


def check_result(
    key: dg.AssetCheckKey,
    findings: Sequence[Finding],
    *,
    severity: dg.AssetCheckSeverity,
    days: DayRange | None = None,
    more: Mapping[str, int] = MappingProxyType({}),
) -> dg.AssetCheckResult:
    """What Dagster shows of the findings about one table; of `days`, which of them alarm."""
    mine = about(findings, key.asset_key.to_user_string())
    alarms, compared = alarming(mine), sum(finding.compared for finding in mine)
    return dg.AssetCheckResult(
        passed=not alarms,
        asset_key=key.asset_key,
        check_name=key.name,
        severity=severity,
        description=alarms[0].advice if alarms else f"{compared:,} compared: {ALL_WELL}",
        metadata={
            "compared": compared,
            "unexplained": sum(finding.unexplained for finding in mine),
            "findings": dg.MetadataValue.md(as_markdown([*alarms, *_calm(mine)][:ROWS_SHOWN])),
            "what_next": "\n".join(dict.fromkeys(alarm.advice for alarm in alarms[:ROWS_SHOWN]))
            or "nothing",
            **more,
            **(_day_facts(days, alarms) if days else {}),
        },
    )


def _day_facts(days: DayRange, alarms: Sequence[Finding]) -> dict[str, Any]:
    """The checked days, and those of them that reports wait for: all, where none is named."""
    failed = [day for day in days if any(alarm.day in {None, day} for alarm in alarms)]
    return {
        FIRST_DAY: days.first.isoformat(),
        LAST_DAY: days.last.isoformat(),
        FAILED_DAYS: " ".join(day.isoformat() for day in failed) or NO_DAY,
    }


def _calm(findings: Sequence[Finding]) -> list[Finding]:
    return [finding for finding in findings if not finding.is_alarming]
