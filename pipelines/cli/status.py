"""`sociallive status`: what is fresh, final, late or failing, on one screen."""

from datetime import date, datetime
from typing import Any, TypeAlias

import psycopg

from assets.lifecycle.backup_ages import backup_age, drill_age
from assets.lifecycle.backup_folder import BackupFolder
from assets.quality.holding_transactions import holding_transactions
from assets.resources.clock import utc_now, utc_today
from assets.resources.postgres import Role
from pipelines.alerts.words import LONGEST_SENTENCE
from pipelines.cli.console import say, show
from pipelines.cli.deliver import show_deliveries
from pipelines.platform import checked_platform
from pipelines.settings import read_settings
from reports.delivery.plain_line import plain_line
from schema.sql import load_sql
from schema.windows import ONE_DAY

Row: TypeAlias = tuple[Any, ...]
COLUMNS = ["table", "days", "newest", "state", "provisional", "unfinished"]
RESTATED = ["table", "reasons", "numbers", "days", "first day", "last day"]
FINALITY = {True: "final", False: "provisional", None: "unknown"}


def show_status() -> None:
    """Print one row per table, what was restated lately, mails by state, what waits, what holds."""
    settings = read_settings()
    platform = checked_platform(settings)
    with platform.session(Role.READER) as connection:
        tables = _ask(connection, "select_table_status")
        [waiting] = _ask(connection, "select_waiting_days")
        restated = _ask(connection, "select_recent_restatements")
    due = utc_today() - ONE_DAY
    show("Published tables", COLUMNS, [describe(row, due=due) for row in tables])
    if not tables:
        say("Nothing has been published yet: `sociallive run --date D` publishes a day.")
    if restated:
        show("Restated in the last 7 days", RESTATED, restated)
    show_deliveries(platform)
    for line in tell_waiting(*waiting):
        say(line)
    for holding in holding_transactions(platform):
        say(plain_line(f"{holding.sentence}.", LONGEST_SENTENCE))
    for line in tell_backups(BackupFolder(settings.backups), now=utc_now()):
        say(line)


def _ask(connection: psycopg.Connection, statement: str) -> list[Row]:
    return connection.execute(load_sql("pipelines.cli", statement)).fetchall()


def describe(row: Row, *, due: date) -> Row:
    """One line of the screen; `due` is the day that should be published by now."""
    table, days, newest, is_final, provisional, unfinished = row
    is_late = newest is None or newest < due
    state = f"late: {due} is missing" if is_late else FINALITY[is_final]
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
