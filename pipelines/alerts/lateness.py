"""Days and reports that should be there by now, and backups that should be newer."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

import dagster as dg

from assets.lifecycle.backup_ages import Age, Verdict, backup_age, drill_age
from assets.lifecycle.backup_definitions import BACKUP, DRILL
from assets.lifecycle.backup_folder import BackupFolder
from pipelines.alerts.kinds import Kind, Severity
from pipelines.alerts.problem import Problem
from pipelines.alerts.pulse import is_switched_off
from pipelines.jobs import DAILY_JOB
from pipelines.past_runs import first_run_at, unfinished_runs
from pipelines.repair.attempts import MOST_ATTEMPTS, REPAIR_SENSOR
from pipelines.repair.owed import OwedDays, due_reports, held_reports, last_day, ready_reports
from pipelines.repair.sensor import Repairs
from reports.creator.definitions import NAMES
from reports.creator.model import Period
from schema.windows import DayRange, consecutive

# The daily run begins at half past midnight, reports at half past two.
DAYS_LATE_AFTER, REPORTS_LATE_AFTER = timedelta(hours=2), timedelta(hours=6)
# What is named of a long list.
MOST_NAMED = 3


def find_late_days(
    instance: dg.DagsterInstance, repairs: Repairs, now: datetime
) -> Iterator[Problem]:
    """One problem, however many days and tables are late; a warning while runs work on them all."""
    missing = repairs.owed.missing(now, after=DAYS_LATE_AFTER)
    if missing:
        days = sorted(missing)
        tables = list(dict.fromkeys(table for day in days for table in missing[day]))
        given_up = repairs.given_up(instance, DAILY_JOB, Period.DAY, days)
        is_at_work = _are_in_progress(instance, days, now)
        command = " and ".join(run_command(days) for days in consecutive(given_up or days))
        yield Problem(
            key=str(Kind.LATE_DAYS),
            kind=Kind.LATE_DAYS,
            severity=Severity.WARNING if is_at_work else Severity.ERROR,
            subject=f"{named(ranges(days))} not published",
            sentence=f"missing in {named(tables, more='tables')}, and should be there by now: "
            f"{_hope(instance, is_at_work=is_at_work, given_up=given_up)}, or run {command}",
            path=_page(tables[0], days[-1]),
        )


def _page(asset: str, key: date) -> str:
    """The partition in the UI, amid the others: the newest that is meant."""
    return f"/assets/{asset}?view=partitions&partition={key}"


def _hope(instance: dg.DagsterInstance, *, is_at_work: bool, given_up: Sequence[date]) -> str:
    if is_at_work:
        return "a run of it is in progress: wait for it"
    if given_up:
        return f"given up after {MOST_ATTEMPTS} attempts"
    if is_switched_off(instance, REPAIR_SENSOR):
        return f"switch on the sensor {REPAIR_SENSOR}, which tries it again"
    return "it is tried again by itself"


def _are_in_progress(instance: dg.DagsterInstance, days: Sequence[date], now: datetime) -> bool:
    """Whether daily runs that are queued or in progress do all of the days."""
    runs = [run.days for run in unfinished_runs(instance, now) if run.job == DAILY_JOB and run.days]
    return all(any(day in done for done in runs) for day in days)


def find_old_gaps(owed: OwedDays, now: datetime) -> Iterator[Problem]:
    """One problem per gap further back than anything is repaired by itself.

    A gap is known by its last day: it is filled from its first one on.
    """
    for gap in owed.older_gaps(now):
        yield Problem(
            key=f"{Kind.OLD_GAP} {gap.last}",
            kind=Kind.OLD_GAP,
            severity=Severity.WARNING,
            subject=f"{gap} never published",
            sentence="nothing asks for days before the lookback by itself; to publish them, run "
            f"{run_command(gap)}",
            path=_page("user_analytics", gap.last),
        )


def find_late_reports(
    instance: dg.DagsterInstance, repairs: Repairs, now: datetime
) -> Iterator[Problem]:
    """One problem per period, and one for those that a check holds.

    Reports that wait for late days are no problem of their own. The alert of the check itself is
    over as soon as it passes on another day.
    """
    owed = repairs.owed
    due = due_reports(
        instance, owed, now, begun_at=first_run_at(instance), after=REPORTS_LATE_AFTER
    )
    for period, keys in ready_reports(owed.lake, instance, due).items():
        if keys:
            job = repairs.report_jobs[period]
            given_up = repairs.given_up(instance, job, period, keys)
            hope = _hope(instance, is_at_work=False, given_up=given_up)
            yield _late_report(period, keys, given_up, hope)
    for period, reasons in held_reports(instance, due).items():
        if reasons:
            yield _held_report(period, reasons)


def _held_report(period: Period, reasons: Mapping[date, str]) -> Problem:
    ends = named([str(last_day(period, key)) for key in reasons])
    return Problem(
        key=f"{Kind.LATE_REPORTS} {period} held",
        kind=Kind.LATE_REPORTS,
        severity=Severity.ERROR,
        subject=f"reports of the {period} to {ends} are held",
        sentence=next(iter(reasons.values())),
        path=_page(NAMES[period], max(reasons)),
    )


def _late_report(
    period: Period, keys: Sequence[date], given_up: Sequence[date], hope: str
) -> Problem:
    ends = named([str(last_day(period, key)) for key in keys])
    todo = f", or materialize {NAMES[period]} in the Dagster UI" if given_up else ""
    return Problem(
        key=f"{Kind.LATE_REPORTS} {period}",
        kind=Kind.LATE_REPORTS,
        severity=Severity.ERROR,
        subject=f"reports of the {period} to {ends} not written",
        sentence=f"{NAMES[period]} of the {period} to {ends} should be written by now, and "
        f"its days are published: {hope}{todo}",
        path=_page(NAMES[period], max(keys)),
    )


def find_late_backups(
    instance: dg.DagsterInstance, folder: BackupFolder, now: datetime
) -> Iterator[Problem]:
    """The newest backup and the newest drill; none at all is as old as the installation."""
    begun_at = first_run_at(instance)
    ages: Mapping[str, Age] = {BACKUP: backup_age(folder, now), DRILL: drill_age(folder, now)}
    for asset, age in ages.items():
        verdict = (age if age.at else replace(age, at=begun_at or now)).verdict
        if verdict is Verdict.FINE:
            continue
        is_error = verdict is Verdict.TOO_LATE
        yield Problem(
            key=f"{Kind.BACKUP_LATE} {asset}",
            kind=Kind.BACKUP_LATE,
            severity=Severity.ERROR if is_error else Severity.WARNING,
            subject=_age_subject(age),
            sentence=f"{age.failure}; {age.last}" if age.failure else age.sentence,
            path=f"/assets/{asset}",
        )


def _age_subject(age: Age) -> str:
    if age.failure:
        return "the newest restore drill failed"
    if age.at is None:
        return f"there is no {age.what.removeprefix('newest ')}"
    return f"the {age.what} is too old"


def run_command(days: DayRange) -> str:
    """What publishes the days."""
    if len(days) == 1:
        return f"`sociallive run --date {days.first}`"
    return f"`sociallive run --from {days.first} --to {days.last}`"


def ranges(days: Sequence[date]) -> list[str]:
    """Sorted days as people write them."""
    return [str(span) for span in consecutive(list(days))]


def named(things: Sequence[str], *, more: str = "") -> str:
    """The first of them, and how many more there are."""
    if len(things) <= MOST_NAMED:
        return ", ".join(things)
    rest = f"{len(things) - MOST_NAMED} more {more}".rstrip()
    return f"{', '.join(things[:MOST_NAMED])} and {rest}"
