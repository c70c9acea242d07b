"""Erasing on an installation: its places, and the days to compute again afterwards."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from functools import partial

import dagster as dg

from assets.lifecycle.erasure import Erasure
from assets.lifecycle.erasure_again import AGAIN
from assets.lifecycle.erasure_definitions import ERASURES, receipt_metadata
from assets.lifecycle.erasure_receipt import Receipt, read_receipt, write_receipt
from assets.lifecycle.home_erasure import Place, drop_files, drop_rejected_rows
from assets.resources.cold_months import ColdStore
from assets.resources.lake import Lake
from assets.resources.postgres import Postgres
from assets.resources.tombstones import Tombstones
from pipelines.alerts.forgetting import forget_account
from pipelines.alerts.mail import FOLDER as ALERT_FOLDER
from pipelines.history import note_materialization
from pipelines.runs import run_daily_job
from pipelines.settings import Settings
from schema.windows import DayRange

# Days of a chunk: what a run that is killed has to do again.
CHUNK_DAYS = 31
# Numbers and ids: nobody's username stands there.
NAMELESS_REPORTS = ("overview/*", "backtest-*")


def erasure_of(settings: Settings, postgres: Postgres, progress: Callable[[str], None]) -> Erasure:
    """Erasing in every place of an installation. A new kind of file about people belongs here."""
    places = [
        Place("rejects", settings.rejects, drop_rejected_rows),
        Place("reports", settings.reports, partial(drop_files, nameless=NAMELESS_REPORTS)),
        # Notes first: nobody writes an alert from them that names the account, from then on.
        Place("alerts", settings.alerts, forget_account),
        Place("preferences", settings.preferences, drop_files),
        Place("outbox", settings.outbox, partial(drop_files, nameless=[f"{ALERT_FOLDER}/*"])),
    ]
    tombstones = Tombstones(settings.erasures)
    return Erasure(
        postgres, Lake(settings.lake), tombstones, ColdStore(settings.cold), places, progress
    )


def runs_to_correct(days: Sequence[date], numbers: Sequence[date]) -> Iterator[tuple[date, int]]:
    """Which daily runs correct the days: the day to ask for, and how far it has to look back.

    Only days that have numbers (oldest first) are asked for: a run of another one would publish
    numbers that nobody has asked for, and bring history that nobody has read.
    """
    left = sorted(days)
    while left and numbers:
        first = left[0]
        chunk = [day for day in left if (day - first).days < CHUNK_DAYS]
        left = left[len(chunk) :]
        asked = next((day for day in numbers if day >= chunk[-1]), numbers[-1])
        if asked >= first:
            yield asked, (asked - first).days


def correct_numbers(
    settings: Settings, receipt: Receipt, *, instance: dg.DagsterInstance
) -> Receipt:
    """Compute the days of a receipt again, chunk by chunk, and note that it is done.

    A receipt that an erasure has written anew meanwhile keeps its days: some changed again.
    A run looks back as far as a chunk reaches, whatever the settings say: everything in it that has
    changed or gone stale is published anew, with the reasons.

    Raises:
        RunFailedError: a step refused its work; the next call begins with these days again.
    """
    numbers = Lake(settings.lake).published_days("user_analytics")
    for asked, lookback in runs_to_correct(receipt.days_to_run, numbers):
        looking_back = replace(settings, lookback_days=lookback)
        run_daily_job(looking_back, DayRange(asked, asked), instance=instance)
    done = receipt.having_run()
    if read_receipt(settings.erasures, receipt.token) == receipt:
        write_receipt(settings.erasures, done)
    return done


def receipts_to_correct(settings: Settings) -> list[Receipt]:
    """Receipts of erasures whose days have not been computed again."""
    tokens = [*Tombstones(settings.erasures).tokens(), AGAIN]
    found = [read_receipt(settings.erasures, token) for token in tokens]
    return [receipt for receipt in found if receipt and receipt.days_to_run]


def note_erasure(settings: Settings, receipt: Receipt) -> None:
    """Put an erasure into the history of its asset: amounts only, never who it was."""
    note_materialization(settings, ERASURES, receipt_metadata([receipt]))
