from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.scheduler.instigation import InstigatorStatus, TickStatus

from assets.lifecycle.backup_definitions import BACKUP, DRILL
from assets.lifecycle.backup_folder import BackupFolder
from pipelines.alerting import REPORT_JOBS
from pipelines.alerts.kinds import FROM_INSIDE, Kind
from pipelines.alerts.problem import Findings
from pipelines.alerts.watch import Watch
from pipelines.repair.sensor import Repairs
from schema.errors import ContractError
from tests.fixtures.past_runs import CodeLocation
from tests.fixtures.published_days import PublishedDays
from tests.fixtures.ticks import AutomatedTicks

ERROR = dg.AssetCheckSeverity.ERROR
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
# A Tuesday.
NOW = datetime(2024, 3, 5, 9, 0, tzinfo=UTC)


@pytest.fixture
def days(tmp_path: Path) -> PublishedDays:
    return PublishedDays(tmp_path)


@pytest.fixture
def lasting_location(tmp_path: Path) -> Iterator[CodeLocation]:
    """One whose storage knows of sensors, too."""
    with dg.instance_for_test(temp_dir=str(tmp_path)) as instance:
        yield CodeLocation(instance)


def look(
    location: CodeLocation,
    days: PublishedDays,
    now: datetime,
    *,
    looked_at: datetime | None = None,
    more_checks: tuple[dg.AssetCheckKey, ...] = (),
) -> Findings:
    watch = Watch(
        Repairs(days.owed(), REPORT_JOBS),
        BackupFolder(days.folder / "backups"),
        [*location.check_keys, *more_checks],
    )
    return watch.look(location.instance, now, automation={"repair", "alerts"}, looked_at=looked_at)


def begin(location: CodeLocation, at: datetime) -> None:
    """Let the installation be as old as that."""
    location.instance.run_storage.add_historical_run(
        dg.DagsterRun(job_name="overview_page", status=dg.DagsterRunStatus.SUCCESS), at
    )


def kinds(found: Findings) -> set[Kind]:
    return {problem.kind for problem in found.problems}


def mend_a_run(location: CodeLocation) -> None:
    """Let a run fail and the next one mend it."""
    location.trouble.error = lambda: ContractError("no")
    location.run(date(2024, 3, 1))
    location.trouble.error = None
    location.run(date(2024, 3, 1))


def test_every_kind_that_a_look_says_it_looks_for_is_seen(
    lasting_location: CodeLocation, days: PublishedDays
) -> None:
    now = datetime.now(UTC)
    today = now.date()
    begin(lasting_location, now - 40 * DAY)
    days.publish(today - 20 * DAY, today - 4 * DAY)
    days.retract(today - 15 * DAY, ["user_analytics"])
    lasting_location.trouble.failing = {"first": ERROR}
    lasting_location.run(date(2024, 3, 1))
    lasting_location.trouble.error = lambda: ContractError("no")
    lasting_location.run(date(2024, 3, 1))
    AutomatedTicks(lasting_location.instance, "repair").tick(TickStatus.FAILURE, now, "full")
    AutomatedTicks(lasting_location.instance, "alerts", InstigatorStatus.STOPPED)

    found = look(lasting_location, days, now)

    assert kinds(found) == found.looked_for == FROM_INSIDE


def test_what_failed_shortly_before_the_last_look_is_told_though_it_is_over(
    location: CodeLocation, days: PublishedDays
) -> None:
    mend_a_run(location)
    now = datetime.now(UTC)

    assert kinds(look(location, days, now + 2 * MINUTE, looked_at=now + MINUTE)) == {
        Kind.RUN_FAILED
    }
    assert kinds(look(location, days, now + 4 * MINUTE, looked_at=now + 3 * MINUTE)) == set()


def test_the_first_look_tells_nothing_that_is_over(
    location: CodeLocation, days: PublishedDays
) -> None:
    mend_a_run(location)

    assert kinds(look(location, days, datetime.now(UTC))) == set()


def test_nothing_is_said_of_a_check_that_a_run_in_progress_is_to_make_again(
    location: CodeLocation, days: PublishedDays
) -> None:
    location.trouble.failing = {"first": ERROR}
    location.run(date(2024, 3, 1))
    failed = look(location, days, datetime.now(UTC))
    job = location.definitions.resolve_job_def("daily")
    tags = {"dagster/partition": "2024-03-01"}
    location.instance.create_run_for_job(job, status=dg.DagsterRunStatus.STARTED, tags=tags)

    again = look(location, days, datetime.now(UTC))

    assert kinds(failed) == {Kind.FAILED_CHECK}
    assert kinds(again) == set()
    assert "failed-check numbers first" in again.undecided


def test_the_age_of_backups_and_drills_is_told_by_their_files_and_not_by_checks(
    location: CodeLocation, days: PublishedDays
) -> None:
    of_age = tuple(dg.AssetCheckKey(dg.AssetKey(name), "is_recent") for name in (BACKUP, DRILL))
    for key in of_age:
        location.instance.report_runless_asset_event(
            dg.AssetCheckEvaluation(key.asset_key, key.name, passed=False, metadata={})
        )

    assert kinds(look(location, days, datetime.now(UTC), more_checks=of_age)) == set()


def test_reports_that_leave_the_lookback_unwritten_are_no_longer_watched(
    location: CodeLocation, days: PublishedDays
) -> None:
    begin(location, NOW - 40 * DAY)
    days.publish(date(2024, 2, 20), date(2024, 2, 26))

    def forgotten(looked_at: datetime) -> bool:
        found = look(location, days, NOW, looked_at=looked_at)
        return "late-reports day" in found.forgotten

    assert forgotten(NOW - DAY)
    assert not forgotten(NOW - MINUTE)
