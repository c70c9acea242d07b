"""Days whose numbers a check has refused: no report of them is written or sent, none shows them.

A check says of which days it failed; the newest result about a day counts. Running the day again
checks it again, and lets go of it. Whoever wipes an asset in the Dagster UI wipes its results, too:
a day from before that is held until it is checked again.
"""

from collections.abc import Container, Iterator
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, cast

import dagster as dg

from assets.quality.reconciliation_checks import (
    CONTRACT_CHECK,
    FAILED_DAYS,
    FIRST_DAY,
    LAST_DAY,
    NUMBERS_CHECK,
    TABLES_OF_NUMBERS,
)
from reports.creator.report_days import OF_THE_LAST_DAY, OF_THE_PERIOD
from schema.errors import HeldDayError
from schema.windows import ONE_DAY, DayRange, start_of

if TYPE_CHECKING:
    from dagster._core.storage.event_log import SqlEventLogStorage

RESULTS_AT_ONCE = 50
WIPED = "said something of it once, which was wiped in the Dagster UI. To have it checked again"
HOLDING = (
    *(dg.AssetCheckKey(dg.AssetKey(table), NUMBERS_CHECK) for table in TABLES_OF_NUMBERS),
    *(
        dg.AssetCheckKey(dg.AssetKey(table), CONTRACT_CHECK)
        for table in (*OF_THE_PERIOD, *OF_THE_LAST_DAY)
    ),
)


def refuse_held_days(instance: dg.DagsterInstance, days: DayRange) -> None:
    """Refuse a report of days of which one of the checks failed last.

    Raises:
        HeldDayError: names the first such day, its check, and what to do.
    """
    wipes = _wipes(instance)
    for key in HOLDING:
        verdicts = _verdicts(instance, key, days)
        forgotten = _forgotten(days, verdicts, wipes.get(key.asset_key))
        for day in days:
            refusal = verdicts.get(day)
            if refusal is not None:
                told = f"failed. {refusal}. Repair it"
            elif day in forgotten:
                told = WIPED
            else:
                continue
            raise HeldDayError(
                f"no report shows {day}: {key.name} of {key.asset_key.to_user_string()} {told}, "
                f"run `sociallive run --date {day}`, then make the report again"
            )


def forgotten_days(instance: dg.DagsterInstance, days: DayRange) -> set[date]:
    """Days of which a check said something once that was wiped, and nothing since."""
    wipes = _wipes(instance)
    return {
        day
        for key in HOLDING
        if (wiped_at := wipes.get(key.asset_key))
        for day in _forgotten(days, _verdicts(instance, key, days), wiped_at)
    }


def held_days(instance: dg.DagsterInstance) -> frozenset[date]:
    """Every day that is held: reports of other days leave it out."""
    return frozenset(day for _, days in _holding(instance) for day in days)


def holding_results(instance: dg.DagsterInstance) -> set[int]:
    """Ids of the results that still hold a day."""
    return {number for number, _ in _holding(instance)}


def _holding(instance: dg.DagsterInstance) -> Iterator[tuple[int, set[date]]]:
    """Results that hold days, and these: no later one is about them."""
    for key in HOLDING:
        known: set[date] = set()
        for number, said in _newest_first(instance, key):
            checked = _checked_days(said)
            if held := (checked & _failed_days(said)) - known:
                yield number, held
            known |= checked


def _verdicts(
    instance: dg.DagsterInstance, key: dg.AssetCheckKey, days: DayRange
) -> dict[date, str | None]:
    """The newest verdict about each day that has one: why it was refused, or None."""
    verdicts: dict[date, str | None] = {}
    # No day was checked before it began; storages write their time in UTC or in their own zone.
    since = start_of(days.first - ONE_DAY).timestamp()
    for _, said in _newest_first(instance, key, since=since):
        refusal, failed = (said.description or "").rstrip("."), _failed_days(said)
        for day in _checked_days(said) & (set(days) - verdicts.keys()):
            verdicts[day] = refusal if day in failed else None
        if len(verdicts) == len(days):
            break
    return verdicts


def _forgotten(days: DayRange, verdicts: Container[date], wiped_at: datetime | None) -> set[date]:
    """Days from before a wipe of which nothing has been said since."""
    if wiped_at is None:
        return set()
    return {day for day in days if day not in verdicts and start_of(day) < wiped_at}


def _wipes(instance: dg.DagsterInstance) -> dict[dg.AssetKey, datetime]:
    """When the history of assets was wiped last, of those to which that happened."""
    # A fifth of a second to import, and definitions are loaded often.
    from dagster._core.storage.event_log.schema import AssetKeyTable  # noqa: PLC0415
    from sqlalchemy import select  # noqa: PLC0415

    assets = AssetKeyTable.c
    keys = {key.asset_key.to_string(): key.asset_key for key in HOLDING}
    wiped = select(assets.asset_key, assets.wipe_timestamp).where(
        assets.asset_key.in_(keys), assets.wipe_timestamp.is_not(None)
    )
    # Dagster itself tells of no asset that was wiped and not materialized since.
    storage = cast("SqlEventLogStorage", instance.event_log_storage)
    with storage.index_connection() as connection:
        return {keys[name]: at.replace(tzinfo=UTC) for name, at in connection.execute(wiped)}


def _newest_first(
    instance: dg.DagsterInstance, key: dg.AssetCheckKey, *, since: float = 0.0
) -> Iterator[tuple[int, dg.AssetCheckEvaluation]]:
    cursor: int | None = None
    while True:
        records = instance.event_log_storage.get_asset_check_execution_history(
            key, limit=RESULTS_AT_ONCE, cursor=cursor
        )
        for record in records:
            if record.create_timestamp < since:
                return
            # While a check runs, and after its run was stopped, this is only the plan of it.
            if isinstance(record.evaluation, dg.AssetCheckEvaluation):
                yield record.id, record.evaluation
        if len(records) < RESULTS_AT_ONCE:
            return
        cursor = records[-1].id


def _checked_days(said: dg.AssetCheckEvaluation) -> set[date]:
    first, last = (said.metadata.get(name) for name in (FIRST_DAY, LAST_DAY))
    if first is None or last is None:
        return set()
    return set(DayRange(*(date.fromisoformat(str(bound.value)) for bound in (first, last))))


def _failed_days(said: dg.AssetCheckEvaluation) -> set[date]:
    failed = said.metadata.get(FAILED_DAYS)
    if failed is None or said.passed:
        return set()
    return {date.fromisoformat(day) for day in str(failed.value).split()}
