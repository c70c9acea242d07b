"""The sensors as the daemon evaluates them, on runs that really happened."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.scheduler.instigation import TickStatus

from assets.lifecycle.backup_folder import BackupFolder
from assets.resources.engine import EngineName
from pipelines.alerting import REPORT_JOBS, alert_sensor, channels_of
from pipelines.alerts.watch import Watch
from pipelines.alerts.webhook_url import parse_webhook_url
from pipelines.definitions import build_definitions
from pipelines.repair.sensor import Repairs
from pipelines.settings import Settings
from schema.errors import ContractError
from tests.fixtures.past_runs import CodeLocation
from tests.fixtures.published_days import PublishedDays
from tests.fixtures.ticks import AutomatedTicks
from tests.fixtures.webhook import Receiver, Reply, running_receiver

ERROR = dg.AssetCheckSeverity.ERROR
DAY = date(2024, 3, 1)


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    with running_receiver() as running:
        yield running


@pytest.fixture
def settings(tmp_path: Path, receiver: Receiver) -> Settings:
    receiver.bodies.clear()
    return Settings(
        home=tmp_path,
        database_url="postgresql://nobody@127.0.0.1:1/nothing",
        engine=EngineName.DUCKDB,
        first_day=date(2010, 1, 1),
        alert_mail="ops@example.org",
        alert_webhook=parse_webhook_url(f"{receiver.url}/T0KEN"),
    )


def tick(settings: Settings, location: CodeLocation, now: datetime | None = None) -> str:
    """One evaluation, as if the process had just been started; what it says."""
    repairs = Repairs(PublishedDays(settings.home).owed(), REPORT_JOBS)
    watch = Watch(repairs, BackupFolder(settings.backups), location.check_keys)
    sensor = alert_sensor(settings, watch, clock=lambda: now or datetime.now(UTC))
    with dg.build_sensor_context(location.instance) as context:
        return sensor.evaluate_tick(context).skip_message or ""


def mails(settings: Settings) -> list[Path]:
    return sorted((settings.outbox / "alerts").glob("*.eml"))


def test_a_run_that_fails_and_its_failed_checks_are_one_message_until_all_is_well_again(
    settings: Settings, location: CodeLocation, receiver: Receiver
) -> None:
    location.trouble.failing = {"first": ERROR, "second": ERROR, "third": ERROR}
    location.run(DAY)
    location.trouble.error = lambda: ContractError("posts have 2 rows without an author")
    location.run(DAY)

    said = [tick(settings, location) for _ in range(2)]
    location.trouble.error = None
    location.trouble.failing.clear()
    location.run(DAY)
    tick(settings, location, datetime.now(UTC) + timedelta(minutes=5))
    tick(settings, location, datetime.now(UTC) + timedelta(minutes=10))

    assert said == ["2 messages sent", "0 messages sent"]
    alert, over = receiver.bodies
    assert [problem["subject"] for problem in alert["problems"]] == [
        "daily of 2024-03-01 failed in numbers",
        "check first of numbers failed",
        "check second of numbers failed",
        "check third of numbers failed",
    ]
    assert over["event"] == "over"
    assert len(over["problems"]) == 4
    assert len(mails(settings)) == 2


def test_a_failed_run_that_nobody_mended_is_no_longer_watched_and_not_well_again(
    settings: Settings, location: CodeLocation, receiver: Receiver
) -> None:
    location.trouble.error = lambda: ContractError("posts have 2 rows without an author")
    location.run(DAY)
    now = datetime.now(UTC)

    for days in (0, 13, 15, 16):
        tick(settings, location, now + timedelta(days=days))

    told = [body for body in receiver.bodies if "run-failed" in str(body["problems"])]
    assert [body["event"] for body in told] == ["alert", "reminder", "forgotten"]
    assert told[-1]["subject"] == "No longer watched: daily of 2024-03-01 failed in numbers"
    assert told[-1]["problems"][0]["sentence"].startswith("Never mended; it was: posts have 2 rows")


def test_a_late_day_that_leaves_the_lookback_becomes_an_old_gap_and_not_well_again(
    settings: Settings, location: CodeLocation, receiver: Receiver
) -> None:
    days = PublishedDays(settings.home)
    days.publish(date(2024, 2, 1), date(2024, 3, 20))
    days.retract(DAY)

    for hour in (9, 23, 24 + 1):
        tick(settings, location, datetime(2024, 3, 8, tzinfo=UTC) + timedelta(hours=hour))

    said = [(body["event"], body["subject"]) for body in receiver.bodies]
    assert said == [
        ("alert", "Alert: 2024-03-01 not published"),
        ("alert", "Warning: 2024-03-01 never published"),
        ("forgotten", "No longer watched: 2024-03-01 not published"),
    ]


def test_a_run_that_succeeds_with_failed_checks_is_told(
    settings: Settings, location: CodeLocation, receiver: Receiver
) -> None:
    location.trouble.failing = {"first": ERROR, "second": dg.AssetCheckSeverity.WARN}
    location.run(DAY)

    tick(settings, location)

    [alert] = receiver.bodies
    assert [problem["severity"] for problem in alert["problems"]] == ["error", "warning"]


def test_a_channel_that_fails_ends_no_tick_and_is_tried_again(
    settings: Settings, location: CodeLocation, receiver: Receiver
) -> None:
    receiver.plan = [Reply.HANG_UP]
    location.trouble.failing = {"first": ERROR}
    location.run(DAY)

    said = tick(settings, location)
    tick(settings, location, datetime.now(UTC) + timedelta(minutes=5))

    assert said == "1 message sent; 1 channel failed"
    assert len(receiver.bodies) == len(mails(settings)) == 1


def test_without_channels_the_sensor_only_takes_notes(
    settings: Settings, location: CodeLocation
) -> None:
    silent = replace(settings, alert_mail=None, alert_webhook=None)
    location.trouble.failing = {"first": ERROR}
    location.run(DAY)

    tick(silent, location)

    assert channels_of(silent) == []
    notes = json.loads((silent.alerts / "alerts.json").read_text(encoding="utf-8"))
    assert list(notes["problems"]) == ["failed-check numbers first"]


def test_both_sensors_run_by_default_and_need_no_platform(settings: Settings) -> None:
    repository = build_definitions(settings).get_repository_def()
    with dg.DagsterInstance.ephemeral() as instance:
        for name, quiet in (("alerts", "0 messages sent"), ("repair", "nothing is missing")):
            sensor = repository.get_sensor_def(name)
            with dg.build_sensor_context(instance, repository_def=repository) as context:
                assert sensor.evaluate_tick(context).skip_message == quiet
            assert sensor.default_status is dg.DefaultSensorStatus.RUNNING
    mending = {job.name for job in repository.get_sensor_def("repair").jobs}
    assert mending == {"daily", "report_each_day", "report_each_week", "report_each_month"}


def test_what_fails_beside_the_sensor_is_told_and_what_is_no_more_is_not(
    settings: Settings, tmp_path: Path, receiver: Receiver
) -> None:
    beside = build_definitions(settings).get_repository_def()
    with (
        dg.instance_for_test(temp_dir=str(tmp_path)) as instance,
        dg.build_sensor_context(instance, repository_def=beside) as context,
    ):
        for name in ("repair", "of_last_year"):
            AutomatedTicks(instance, name).tick(TickStatus.FAILURE, datetime.now(UTC), "full")
        beside.get_sensor_def("alerts").evaluate_tick(context)

    assert receiver.taken == ["Alert: sensor repair fails"]
