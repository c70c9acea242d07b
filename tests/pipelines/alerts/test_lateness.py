from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.scheduler.instigation import InstigatorStatus

from assets.lifecycle.backup_folder import DRILLS, DUMPS, BackupFolder, name_of
from assets.lifecycle.drill_records import DrillRecord, write_record
from pipelines.alerting import REPORT_JOBS
from pipelines.alerts.kinds import Kind, Severity
from pipelines.alerts.lateness import (
    find_late_backups,
    find_late_days,
    find_late_reports,
    find_old_gaps,
    named,
)
from pipelines.alerts.problem import Problem
from pipelines.repair.sensor import Repairs
from reports.creator.model import Period
from schema.errors import ContractError
from schema.windows import DayRange
from tests.fixtures.check_results import record_result
from tests.fixtures.past_runs import CodeLocation
from tests.fixtures.published_days import PublishedDays
from tests.fixtures.ticks import AutomatedTicks

NOW = datetime(2024, 3, 5, 9, 0, tzinfo=UTC)


@pytest.fixture
def days(tmp_path: Path) -> PublishedDays:
    return PublishedDays(tmp_path)


def repairs(days: PublishedDays) -> Repairs:
    return Repairs(days.owed(), REPORT_JOBS)


def late_days(location: CodeLocation, days: PublishedDays, now: datetime = NOW) -> list[Problem]:
    return list(find_late_days(location.instance, repairs(days), now))


def test_late_days_of_any_table_are_one_problem_with_the_command_that_mends_them(
    location: CodeLocation, days: PublishedDays
) -> None:
    days.publish(date(2024, 3, 1), date(2024, 3, 3))
    days.retract(date(2024, 3, 1), ["post_scores", "user_analytics"])
    days.publish(date(2024, 2, 28))

    [problem] = late_days(location, days)

    assert problem.kind is Kind.LATE_DAYS
    assert problem.severity is Severity.ERROR
    assert problem.subject == "2024-02-29 to 2024-03-01, 2024-03-04 not published"
    assert " more tables, and should be there by now" in problem.sentence
    assert "`sociallive run --from 2024-02-29 --to 2024-03-01`" in problem.sentence
    assert "`sociallive run --date 2024-03-04`" in problem.sentence


def test_what_is_late_is_not_said_to_be_tried_again_while_nothing_does(
    location: CodeLocation, days: PublishedDays, tmp_path: Path
) -> None:
    days.publish(date(2024, 3, 3))
    [tried] = late_days(location, days)
    with dg.instance_for_test(temp_dir=str(tmp_path)) as instance:
        AutomatedTicks(instance, "repair", InstigatorStatus.STOPPED)
        [left] = find_late_days(instance, repairs(days), NOW)

    assert "it is tried again by itself, or run" in tried.sentence
    assert "switch on the sensor repair, which tries it again, or run" in left.sentence


def test_a_day_is_late_two_hours_after_its_end(location: CodeLocation, days: PublishedDays) -> None:
    days.publish(date(2024, 3, 3))
    midnight = datetime(2024, 3, 5, tzinfo=UTC)

    assert late_days(location, days, midnight + timedelta(hours=1, minutes=59)) == []
    assert len(late_days(location, days, midnight + timedelta(hours=2))) == 1


def test_days_that_are_given_up_are_said_to_be(location: CodeLocation, days: PublishedDays) -> None:
    days.publish(date(2024, 3, 2))
    tried_again = late_days(location, days)
    location.trouble.error = lambda: ContractError("no")
    for _ in range(5):
        location.run(date(2024, 3, 3))

    [problem] = late_days(location, days)
    for day in (3, 4):
        at_work(location, date(2024, 3, day))
    [by_hand] = late_days(location, days)

    assert "it is tried again by itself" in tried_again[0].sentence
    assert "given up after 5 attempts, or run `sociallive run --date 2024-03-03`" in (
        problem.sentence
    )
    assert "a run of it is in progress: wait for it" in by_hand.sentence


def test_days_that_a_run_works_on_are_a_warning_until_it_fails(
    location: CodeLocation, days: PublishedDays
) -> None:
    days.publish(date(2024, 3, 2))
    job = location.definitions.resolve_job_def("daily")
    tags = {
        "dagster/asset_partition_range_start": "2024-03-03",
        "dagster/asset_partition_range_end": "2024-03-04",
    }
    run = location.instance.create_run_for_job(job, status=dg.DagsterRunStatus.STARTED, tags=tags)

    [working] = late_days(location, days)
    location.instance.report_run_failed(run)
    [failed] = late_days(location, days)

    assert working.severity is Severity.WARNING
    assert "a run of it is in progress" in working.sentence
    assert failed.severity is Severity.ERROR


def test_a_link_of_late_days_leads_to_the_newest_of_them(
    location: CodeLocation, days: PublishedDays
) -> None:
    days.publish(date(2024, 3, 2))

    [late] = late_days(location, days)

    assert late.path.endswith("?view=partitions&partition=2024-03-04")


def test_days_that_nobody_works_on_are_an_error_beside_those_that_a_run_does(
    location: CodeLocation, days: PublishedDays
) -> None:
    days.publish(date(2024, 3, 2))
    at_work(location, date(2024, 3, 3))

    [half] = late_days(location, days)
    at_work(location, date(2024, 3, 4), job="overview_page")
    [by_another_job] = late_days(location, days)

    assert half.severity is by_another_job.severity is Severity.ERROR


def at_work(location: CodeLocation, day: date, *, job: str = "daily") -> None:
    location.instance.create_run_for_job(
        location.definitions.resolve_job_def(job),
        status=dg.DagsterRunStatus.STARTED,
        tags={"dagster/partition": day.isoformat()},
    )


def test_three_are_named_and_of_more_how_many() -> None:
    assert named(["a", "b", "c"], more="tables") == "a, b, c"
    assert named(["a", "b", "c", "d", "e"], more="tables") == "a, b, c and 2 more tables"


def test_each_older_gap_is_a_problem_with_the_command_that_mends_it(days: PublishedDays) -> None:
    for day in (1, 3, 6):
        days.publish(date(2024, 2, day))
    days.publish(date(2024, 2, 7), date(2024, 3, 4))

    one, more = find_old_gaps(days.owed(), NOW)

    assert one.subject == "2024-02-02 never published"
    assert one.sentence.endswith("run `sociallive run --date 2024-02-02`")
    assert more.subject == "2024-02-04 to 2024-02-05 never published"
    assert more.sentence.endswith("run `sociallive run --from 2024-02-04 --to 2024-02-05`")
    assert one.severity is more.severity is Severity.WARNING


def test_an_older_gap_is_the_same_problem_while_it_is_filled_and_a_new_one_is_another(
    days: PublishedDays,
) -> None:
    days.publish(date(2024, 1, 1))
    days.publish(date(2024, 1, 10), date(2024, 3, 4))

    def keys() -> list[str]:
        return [problem.key for problem in find_old_gaps(days.owed(), NOW)]

    at_first = keys()
    days.publish(date(2024, 1, 2), date(2024, 1, 4))
    half_filled = keys()
    days.retract(date(2024, 2, 20), ["user_analytics"])

    assert at_first == half_filled == ["old-gap 2024-01-09"]
    assert keys() == ["old-gap 2024-01-09", "old-gap 2024-02-20"]


def test_reports_are_late_only_once_their_days_are_there(
    location: CodeLocation, days: PublishedDays
) -> None:
    # The installation is as old as its oldest run: now is a day later.
    location.run(job="overview_page")
    today = datetime.now(UTC).date()
    now = datetime.combine(today, NOW.timetz()) + timedelta(days=1)
    days.publish(today - timedelta(days=9), today - timedelta(days=1))

    def late() -> dict[str, str]:
        found = find_late_reports(location.instance, repairs(days), now)
        return {problem.key: problem.subject for problem in found}

    before = late()
    days.publish(today)

    assert before == {}
    assert late()["late-reports day"] == f"reports of the day to {today} not written"


def test_reports_are_late_six_hours_after_their_period_which_is_named_by_its_last_day(
    location: CodeLocation, days: PublishedDays
) -> None:
    location.run(job="overview_page")
    today = datetime.now(UTC).date()
    monday = today - timedelta(days=today.weekday())
    sunday = monday + timedelta(days=6)
    days.publish(monday, sunday)
    end = datetime.combine(sunday, NOW.time(), UTC).replace(hour=0) + timedelta(days=1)

    def late(now: datetime) -> dict[str, str]:
        found = find_late_reports(location.instance, repairs(days), now)
        return {problem.key: problem.subject for problem in found}

    early, due = late(end + timedelta(hours=5, minutes=59)), late(end + timedelta(hours=6))

    assert "late-reports week" not in early
    assert due["late-reports week"] == f"reports of the week to {sunday} not written"


def installed_yesterday(location: CodeLocation, days: PublishedDays) -> tuple[date, datetime]:
    """Yesterday, of which a report is due, and when the first run was: on that day."""
    day = datetime.now(UTC).date() - timedelta(days=1)
    begun = datetime.combine(day, NOW.time(), UTC)
    location.instance.run_storage.add_historical_run(
        dg.DagsterRun(job_name="overview_page", status=dg.DagsterRunStatus.SUCCESS), begun
    )
    days.publish(day - timedelta(days=9), day)
    return day, begun


def test_reports_that_a_check_holds_are_told_with_its_words_until_the_day_is_repaired(
    location: CodeLocation, days: PublishedDays
) -> None:
    """Of the check itself nobody hears any more: it has passed on the day after."""
    day, begun = installed_yesterday(location, days)

    def late() -> dict[str, Problem]:
        found = find_late_reports(location.instance, repairs(days), begun + timedelta(days=2))
        return {problem.key: problem for problem in found}

    record_result(location.instance, DayRange(day, day), day)
    record_result(location.instance, DayRange(day + timedelta(days=1), day + timedelta(days=1)))
    held = late()
    record_result(location.instance, DayRange(day, day))

    problem = held["late-reports day held"]
    assert problem.subject == f"reports of the day to {day} are held"
    assert f"run `sociallive run --date {day}`, then make the report again" in problem.sentence
    assert "late-reports day" not in held
    assert "late-reports day held" not in late()
    assert "late-reports day" in late()


def test_reports_that_are_given_up_are_said_to_be_and_what_writes_them(
    location: CodeLocation, days: PublishedDays
) -> None:
    day, begun = installed_yesterday(location, days)
    jobs = dict.fromkeys(Period, "overview_page")
    location.trouble.error = lambda: ContractError("no")

    def late() -> str:
        mending, now = Repairs(days.owed(), jobs), begun + timedelta(days=2)
        found = find_late_reports(location.instance, mending, now)
        return next(problem.sentence for problem in found if problem.key.endswith(" day"))

    before = late()
    for _ in range(5):
        location.run(day, job="overview_page")

    assert before.endswith("its days are published: it is tried again by itself")
    assert late().endswith(
        "given up after 5 attempts, or materialize creator_reports_daily in the Dagster UI"
    )


def test_no_backup_is_no_problem_on_the_first_days_then_a_warning_and_after_a_week_an_error(
    location: CodeLocation, tmp_path: Path
) -> None:
    folder, now = BackupFolder(tmp_path), datetime.now(UTC)

    def late(now: datetime) -> list[tuple[str, Severity]]:
        found = find_late_backups(location.instance, folder, now)
        return [(problem.key, problem.severity) for problem in found]

    never_run = late(now)
    location.run(job="overview_page")
    backup, drill = "backup-late database_backup", "backup-late restore_drill"

    assert never_run == []
    assert late(now + timedelta(days=1)) == []
    assert late(now + timedelta(days=3)) == [(backup, Severity.WARNING)]
    assert late(now + timedelta(days=11)) == [
        (backup, Severity.ERROR),
        (drill, Severity.WARNING),
    ]
    assert late(now + timedelta(days=31)) == [(backup, Severity.ERROR), (drill, Severity.ERROR)]
    folder.path(DUMPS, name_of(now)).mkdir(parents=True)
    assert late(now + timedelta(days=1)) == []
    assert late(now + timedelta(days=8)) == [(backup, Severity.ERROR)]


@pytest.mark.parametrize("proven", [None, NOW - timedelta(days=3)])
def test_a_failed_drill_is_told_once_with_its_reason_and_what_was_proven_last(
    location: CodeLocation, tmp_path: Path, proven: datetime | None
) -> None:
    folder = BackupFolder(tmp_path)
    folder.path(DUMPS, name_of(NOW)).mkdir(parents=True)
    (tmp_path / DRILLS).mkdir()
    drills = [(proven, None)] if proven else []
    for at, failure in [*drills, (NOW, "the file x is missing")]:
        name = name_of(at)
        write_record(folder, DrillRecord(name, name, None, failure, 1, 1, 1, 1.0, None, None))

    [problem] = find_late_backups(location.instance, folder, NOW)

    last = "2024-03-02 09:00 UTC, 3 days ago" if proven else "none yet"
    assert problem.severity is Severity.ERROR
    assert problem.subject == "the newest restore drill failed"
    assert problem.sentence == (f"the file x is missing; newest successful restore drill: {last}")
