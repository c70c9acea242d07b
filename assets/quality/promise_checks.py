"""Checks of promises that no run of a day can see broken: what is late, open or astray."""

from collections.abc import Iterator, Sequence
from datetime import timedelta

import dagster as dg

from assets.metadata import clear_failures
from assets.quality.books import NUMBERS, days_unlike_books
from assets.quality.exposed_columns import exposed, read_readable_columns
from assets.quality.late_days import command_for, late_days, tell_unlike_books
from assets.quality.open_transactions import find_open_transactions
from assets.resources.clock import utc_now, utc_today
from assets.resources.postgres import Postgres, Role
from assets.resources.published import Published
from schema.sql import load_sql

# The first and the last tables of a day: what lies between is missing when one of them is.
FRESH_TABLES = ("user_engagement", "user_analytics", "system_metrics", "post_scores")
# Months ahead are for another check to count.
NO_MONTHS = 1
NOTHING = "nothing"
# What commits within the hour of the nightly run holds nothing that anybody waits for.
LONGEST_TRANSACTION = timedelta(hours=1)


def promise_checks(tables: Sequence[str]) -> list[dg.AssetChecksDefinition]:
    """Build the checks, for a lake of these tables; none of them blocks anything."""
    return [
        freshness_check(),
        books_check(tables),
        private_columns_check(),
        stray_rows_check(),
        open_transactions_check(),
    ]


def freshness_check() -> dg.AssetChecksDefinition:
    """Build the check of days that are late, one result per table."""
    specs = [
        dg.AssetCheckSpec(
            "freshness",
            asset=table,
            description="Every day of the last month that has ended is published by 06:00 UTC of "
            "the day after. Warns only.",
        )
        for table in FRESH_TABLES
    ]

    @dg.multi_asset_check(name="freshness", specs=specs, can_subset=True)
    def freshness(
        context: dg.AssetCheckExecutionContext, published: dg.ResourceParam[Published]
    ) -> Iterator[dg.AssetCheckResult]:
        """Look for days that are not there."""
        for key in sorted(context.selected_asset_check_keys):
            days = published.lake.published_days(key.asset_key.to_user_string())
            late = late_days(days, utc_now())
            yield dg.AssetCheckResult(
                passed=not late,
                asset_key=key.asset_key,
                check_name=key.name,
                severity=dg.AssetCheckSeverity.WARN,
                description=f"{len(late)} days are late" if late else "no day is late",
                metadata={
                    "late_days": dg.MetadataValue.json([day.isoformat() for day in late]),
                    "newest_day": days[-1].isoformat() if days else "none",
                    "what_next": f"See why the nightly run did not, then: {command_for(late)}"
                    if late
                    else NOTHING,
                },
            )

    return freshness


def books_check(tables: Sequence[str]) -> dg.AssetChecksDefinition:
    """Build the check of all days that the books know, those before every lookback included."""

    @dg.asset_check(
        asset=NUMBERS,
        name="books",
        description="The lake holds every day that the books in PostgreSQL know, as it was "
        "published last: none is lost, out of a backup, or published by another home since. Warns "
        "only.",
    )
    def books(
        postgres: dg.ResourceParam[Postgres], published: dg.ResourceParam[Published]
    ) -> dg.AssetCheckResult:
        """Compare ledger and manifests."""
        with clear_failures():
            days = days_unlike_books(postgres, published.lake, tables)
        return dg.AssetCheckResult(
            passed=not days,
            severity=dg.AssetCheckSeverity.WARN,
            description=" ".join(tell_unlike_books(days)) or "the lake is what the books say",
            metadata={
                "days": dg.MetadataValue.json([day.isoformat() for day in days]),
                "what_next": command_for(days) if days else NOTHING,
            },
        )

    return books


def private_columns_check() -> dg.AssetChecksDefinition:
    """Build the check that nobody has opened a private column to the pipeline."""

    @dg.asset_check(
        asset="users",
        name="private_columns",
        description="The pipeline's roles can read no private column beyond what reports and mail "
        "need, and none that is added later: access is granted column by column, but to the two "
        "tables that the pipeline itself writes.",
    )
    def private_columns(postgres: dg.ResourceParam[Postgres]) -> dg.AssetCheckResult:
        """Ask the catalogue."""
        with clear_failures():
            readable = read_readable_columns(postgres)
        found = sorted({f"{column} to {role}" for role, column in exposed(readable)})
        return dg.AssetCheckResult(
            passed=not found,
            severity=dg.AssetCheckSeverity.ERROR,
            description=f"{len(found)} columns are open that must not be"
            if found
            else "no private column is open",
            metadata={
                "readable_columns": len(readable),
                "exposed": dg.MetadataValue.json(found),
                "what_next": "REVOKE SELECT on them, find out who granted it, and grant single "
                "columns instead of the table"
                if found
                else NOTHING,
            },
        )

    return private_columns


def stray_rows_check() -> dg.AssetChecksDefinition:
    """Build the check of engagement that lies in no month."""

    @dg.asset_check(
        asset="user_engagement",
        name="stray_rows",
        description="Every event lies in the partition of its month, and none has a time so far "
        "off that it belongs to no day: such events are in no number. Warns only.",
    )
    def stray_rows(postgres: dg.ResourceParam[Postgres]) -> dg.AssetCheckResult:
        """Count the rows of the default partition."""
        facts = {"today": utc_today(), "most": NO_MONTHS}
        with clear_failures(), postgres.session(Role.OPERATOR) as connection:
            row = connection.execute(load_sql(__package__, "select_stray_rows"), facts).fetchone()
        waiting, out_of_range = row or (0, 0)
        return dg.AssetCheckResult(
            passed=not (waiting or out_of_range),
            severity=dg.AssetCheckSeverity.WARN,
            description=f"{waiting:,} rows wait for their month, {out_of_range:,} are out of range",
            metadata={
                "waiting_rows": waiting,
                "out_of_range_rows": out_of_range,
                "what_next": _stray_advice(waiting, out_of_range),
            },
        )

    return stray_rows


def open_transactions_check() -> dg.AssetChecksDefinition:
    """Build the check that no forgotten transaction keeps days provisional."""

    @dg.asset_check(
        asset="user_engagement",
        name="open_transactions",
        description="No transaction of the platform, prepared or in a session, has kept days that "
        "have ended provisional for more than an hour. Warns only.",
    )
    def open_transactions(postgres: dg.ResourceParam[Postgres]) -> dg.AssetCheckResult:
        """Look for transactions that nobody ends."""
        with clear_failures():
            held = [
                transaction.sentence
                for transaction in find_open_transactions(postgres)
                if utc_now() - transaction.since > LONGEST_TRANSACTION
            ]
        return dg.AssetCheckResult(
            passed=not held,
            severity=dg.AssetCheckSeverity.WARN,
            description=f"{held[0]}; {len(held)} in all" if held else "none keeps days provisional",
            metadata={
                "open": dg.MetadataValue.json(held),
                "what_next": "Ask their owners to end them; the next run then makes the days final"
                if held
                else NOTHING,
            },
        )

    return open_transactions


def _stray_advice(waiting: int, out_of_range: int) -> str:
    steps = []
    if waiting:
        steps.append("`sociallive partitions` makes the months that rows wait for.")
    if out_of_range:
        steps.append(
            "Find the client that writes such times, and correct created_at in "
            "user_engagement_default; the days are then read again by themselves."
        )
    return " ".join(steps) or NOTHING
