"""Days whose numbers a check has refused: no report of them is written or sent, none shows them.

A check says of which days it failed; the newest result about a day counts. Running the day again
checks it again, and lets go of it. Whoever wipes an asset in the Dagster UI wipes the results of
its checks, but not the events of the runs that told of them: they are read there from then on.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import TypeAlias

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

RESULTS_AT_ONCE = 50
HOLDING = (
    *(dg.AssetCheckKey(dg.AssetKey(table), NUMBERS_CHECK) for table in TABLES_OF_NUMBERS),
    *(
        dg.AssetCheckKey(dg.AssetKey(table), CONTRACT_CHECK)
        for table in (*OF_THE_PERIOD, *OF_THE_LAST_DAY)
    ),
)


# What a check said, after the run in which it did.
Result: TypeAlias = tuple[str, dg.AssetCheckEvaluation]
Wiped: TypeAlias = Mapping[dg.AssetCheckKey, list[Result]]


def refuse_held_days(instance: dg.DagsterInstance, days: DayRange) -> None:
    """Refuse a report of days of which one of the checks failed last.

    Raises:
        HeldDayError: names the first such day, its check, and what to do.
    """
    # No day was checked before it began; storages write their time in UTC or in their own zone.
    since = start_of(days.first - ONE_DAY).timestamp()
    wiped = _wiped_results(instance, since=since)
    for key in HOLDING:
        verdicts = _verdicts(_newest_first(instance, key, wiped, since=since), days)
        for day in days:
            if (refusal := verdicts.get(day)) is not None:
                raise HeldDayError(
                    f"no report shows {day}: {key.name} of {key.asset_key.to_user_string()} "
                    f"failed. {refusal}. Repair it, run `sociallive run --date {day}`, then make "
                    "the report again"
                )


def held_days(instance: dg.DagsterInstance) -> frozenset[date]:
    """Every day that is held: reports of other days leave it out."""
    return frozenset(day for _, days in _holding(instance) for day in days)


def holding_runs(instance: dg.DagsterInstance) -> set[str]:
    """Ids of the runs whose results still hold a day."""
    return {run_id for run_id, _ in _holding(instance)}


def _holding(instance: dg.DagsterInstance) -> Iterator[tuple[str, set[date]]]:
    """Runs whose results hold days, and these: no later one is about them."""
    wiped = _wiped_results(instance)
    for key in HOLDING:
        known: set[date] = set()
        for run_id, said in _newest_first(instance, key, wiped):
            checked = _checked_days(said)
            if held := (checked & _failed_days(said)) - known:
                yield run_id, held
            known |= checked


def _verdicts(results: Iterable[Result], days: DayRange) -> dict[date, str | None]:
    """The newest verdict about each day that has one: why it was refused, or None."""
    verdicts: dict[date, str | None] = {}
    for _, said in results:
        refusal, failed = (said.description or "").rstrip("."), _failed_days(said)
        for day in _checked_days(said) & (set(days) - verdicts.keys()):
            verdicts[day] = refusal if day in failed else None
        if len(verdicts) == len(days):
            break
    return verdicts


def _newest_first(
    instance: dg.DagsterInstance, key: dg.AssetCheckKey, wiped: Wiped, *, since: float = 0.0
) -> Iterator[Result]:
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
                yield record.run_id, record.evaluation
        if len(records) < RESULTS_AT_ONCE:
            break
        cursor = records[-1].id
    yield from wiped.get(key, [])


def _wiped_results(instance: dg.DagsterInstance, *, since: float = 0.0) -> Wiped:
    # A fifth of a second to import, and definitions are loaded often.
    from reports.wiped_results import wiped_results  # noqa: PLC0415

    return wiped_results(instance, HOLDING, since=since)


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
