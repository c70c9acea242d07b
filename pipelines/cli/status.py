"""`sociallive status`: what is fresh, final or late; what is failing stands in `health`."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, TypeAlias

import psycopg

from assets.lifecycle.backup_ages import backup_age, drill_age
from assets.lifecycle.backup_folder import BackupFolder
from assets.quality.books import days_unlike_books
from assets.quality.late_days import tell_unlike_books
from assets.quality.open_transactions import find_open_transactions
from assets.resources.clock import utc_now
from assets.resources.lake import Lake
from assets.resources.postgres import Postgres, Role
from pipelines.alerting import owed_days
from pipelines.alerts.lateness import DAYS_LATE_AFTER
from pipelines.alerts.words import LONGEST_SENTENCE
from pipelines.cli.console import say, show
from pipelines.cli.deliver import show_deliveries
from pipelines.definitions import LAKE_TABLES
from pipelines.platform import checked_platform
from pipelines.settings import Settings, read_settings
from reports.delivery.plain_line import plain_line
from schema.sql import load_sql

Row: TypeAlias = tuple[Any, ...]
COLUMNS = ["table", "days", "newest", "state", "provisional", "unfinished"]
RESTATED = ["table", "reasons", "changes", "days", "first day", "last day"]
FINALITY = {True: "final", False: "provisional", None: "unknown"}


def show_status() -> None:
    """Print one row per table, what was restated lately, mails by state, what waits, what holds."""
    settings = read_settings()
    platform = checked_platform(settings)
    with platform.session(Role.READER) as connection:
        tables = _ask(connection, "select_table_status")
        [waiting] = _ask(connection, "select_waiting_days")
        restated = _ask(connection, "select_recent_restatements")
    # As long as the alert waits: a day that is being published is not late.
    missing = owed_days(settings, LAKE_TABLES).missing(utc_now(), after=DAYS_LATE_AFTER)
    show("Published tables", COLUMNS, [describe(row, missing) for row in tables])
    if not tables:
        say("Nothing has been published yet: `sociallive run --date D` publishes a day.")
    if restated:
        show("Restated in the last 7 days", RESTATED, restated)
    show_deliveries(platform)
    for line in tell_waiting(*waiting):
        say(line)
    show_unlike_books(platform, settings)
    for transaction in find_open_transactions(platform):
        say(plain_line(f"{transaction.sentence}.", LONGEST_SENTENCE))
    for line in tell_backups(BackupFolder(settings.backups), now=utc_now()):
        say(line)


def show_unlike_books(platform: Postgres, settings: Settings) -> None:
    """Name days of which the books know what the lake does not hold, and what mends them."""
    for line in tell_unlike_books(days_unlike_books(platform, Lake(settings.lake), LAKE_TABLES)):
        say(line)


def _ask(connection: psycopg.Connection, statement: str) -> list[Row]:
    return connection.execute(load_sql("pipelines.cli", statement)).fetchall()


def describe(row: Row, missing: Mapping[date, Sequence[str]]) -> Row:
    """One line of the screen; `missing`: tables by the days that should be published by now."""
    table, days, newest, is_final, provisional, unfinished = row
    late = sorted(day for day, tables in missing.items() if table in tables)
    more = f", and {len(late) - 1} before it" if len(late) > 1 else ""
    state = f"late: {late[-1]} is missing{more}" if late else FINALITY[is_final]
    return table, days, newest or "none", state, provisional, unfinished


def tell_backups(folder: BackupFolder, *, now: datetime) -> list[str]:
    """How old the newest backup and the newest successful drill are."""
    sentences = (backup_age(folder, now).sentence, drill_age(folder, now).sentence)
    return [f"{sentence[0].upper()}{sentence[1:]}." for sentence in sentences]


def tell_waiting(days: int, first: date | None, last: date | None) -> list[str]:
    """Say which days the next run, or a run of their own, has to read again."""
    if not days:
        return []
    span = f"{first}" if first == last else f"{days} days from {first} to {last}"
    command = f"sociallive run --from {first} --to {last}"
    return [
        f"Changed since it was read: {span}.",
        f"The daily run mends the days of its lookback; for older ones: {command}",
    ]
