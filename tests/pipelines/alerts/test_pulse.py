from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.scheduler.instigation import InstigatorStatus, TickStatus
from dagster._daemon.types import DaemonHeartbeat
from dagster_shared.error import SerializableErrorInfo

from pipelines.alerts.kinds import Kind, Severity
from pipelines.alerts.pulse import (
    WITHOUT_SENSOR,
    find_dead_daemons,
    find_failed_ticks,
    find_switched_off,
)
from pipelines.definitions import build_definitions
from pipelines.settings import read_settings
from tests.fixtures.ticks import AutomatedTicks

NOW = datetime(2024, 3, 5, 9, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[dg.DagsterInstance]:
    (tmp_path / "dagster.yaml").write_text("telemetry: {enabled: false}\n", encoding="utf-8")
    with dg.DagsterInstance.from_config(str(tmp_path)) as instance:
        yield instance


def beat(
    instance: dg.DagsterInstance, at: datetime, *, but: str = "", error: str | None = None
) -> None:
    errors = [SerializableErrorInfo(error, [], None)] if error else []
    for name in instance.get_required_daemon_types():
        if name != but:
            instance.add_daemon_heartbeat(DaemonHeartbeat(at.timestamp(), name, "id", errors))


def test_a_daemon_that_never_ran_is_dead(instance: dg.DagsterInstance) -> None:
    [problem] = find_dead_daemons(instance, NOW)

    assert problem.kind is Kind.DAEMON_DEAD
    assert "scheduler" in problem.sentence
    assert " ever: " in problem.sentence
    assert "`sociallive service daemon`" in problem.sentence


def test_a_daemon_whose_parts_all_beat_is_alive(instance: dg.DagsterInstance) -> None:
    beat(instance, NOW - 4 * MINUTE)

    assert list(find_dead_daemons(instance, NOW)) == []


def test_a_daemon_that_is_silent_is_dead_and_it_is_said_since_when(
    instance: dg.DagsterInstance,
) -> None:
    beat(instance, NOW - 6 * MINUTE)

    [problem] = find_dead_daemons(instance, NOW)

    assert "since 2024-03-05 08:54 UTC" in problem.sentence


def test_a_daemon_is_dead_since_the_last_beat_of_any_of_its_silent_parts(
    instance: dg.DagsterInstance,
) -> None:
    beat(instance, NOW - 20 * MINUTE)
    instance.add_daemon_heartbeat(
        DaemonHeartbeat((NOW - 6 * MINUTE).timestamp(), "SCHEDULER", "id", [])
    )

    [problem] = find_dead_daemons(instance, NOW)

    assert "since 2024-03-05 08:54 UTC" in problem.sentence


def test_parts_that_are_silent_and_parts_that_fail_are_two_problems(
    instance: dg.DagsterInstance,
) -> None:
    beat(instance, NOW, but="SCHEDULER", error="the code location does not load")

    found = list(find_dead_daemons(instance, NOW))

    assert [problem.severity for problem in found] == [Severity.ERROR, Severity.WARNING]
    assert len({problem.key for problem in found}) == 2


def test_one_part_that_is_silent_is_named(instance: dg.DagsterInstance) -> None:
    beat(instance, NOW, but="SCHEDULER")

    [problem] = find_dead_daemons(instance, NOW)

    assert problem.sentence.startswith("no heartbeat of scheduler ever")


def test_parts_that_beat_and_fail_are_alive_and_warned_of(instance: dg.DagsterInstance) -> None:
    beat(instance, NOW, but="SCHEDULER", error="the code location does not load\nat line 3")
    instance.add_daemon_heartbeat(DaemonHeartbeat(NOW.timestamp(), "SCHEDULER", "id", []))

    [problem] = find_dead_daemons(instance, NOW)

    assert problem.severity is Severity.WARNING
    assert "alive" in problem.subject
    assert "sensor" in problem.sentence
    assert "scheduler" not in problem.sentence
    assert problem.sentence.endswith(" says: the code location does not load")


def test_what_a_part_said_before_it_fell_silent_is_told(instance: dg.DagsterInstance) -> None:
    beat(instance, NOW - 6 * MINUTE, error="the code location does not load\nat line 3")

    [problem] = find_dead_daemons(instance, NOW)

    assert problem.severity is Severity.ERROR
    assert problem.sentence.endswith("it said: the code location does not load")


def test_a_sensor_whose_newest_tick_failed_is_told_until_one_succeeds(
    instance: dg.DagsterInstance,
) -> None:
    repair = AutomatedTicks(instance, "repair")
    repair.tick(TickStatus.FAILURE, NOW, "StorageError: the disk is full\n")
    repair.tick(TickStatus.STARTED, NOW + MINUTE)
    [problem] = find_failed_ticks(instance, {"repair"})
    after_it_was_removed = list(find_failed_ticks(instance, {"alerts"}))
    repair.tick(TickStatus.SKIPPED, NOW + 2 * MINUTE)

    assert problem.subject == "sensor repair fails"
    assert problem.sentence.endswith("does not start: StorageError: the disk is full")
    assert after_it_was_removed == []
    assert list(find_failed_ticks(instance, {"repair"})) == []


def test_what_is_switched_off_is_named_and_what_is_on_or_no_more_is_not(
    instance: dg.DagsterInstance,
) -> None:
    AutomatedTicks(instance, "repair", InstigatorStatus.STOPPED)
    AutomatedTicks(instance, "of_last_year", InstigatorStatus.STOPPED)
    AutomatedTicks(instance, "alerts")
    AutomatedTicks(instance, "lost_runs", InstigatorStatus.DECLARED_IN_CODE)

    [problem] = find_switched_off(instance, {"repair", "alerts", "lost_runs"}, set())

    assert problem.severity is Severity.WARNING
    assert problem.subject == "sensor repair is switched off"
    assert problem.sentence == (
        "until it is switched on again, under Automation in the Dagster UI, days and reports that "
        "failed, are late or were missed are not run again"
    )


def test_of_a_schedule_that_is_switched_off_it_is_said_what_starts_its_job(
    instance: dg.DagsterInstance,
) -> None:
    AutomatedTicks(instance, "back_up_database", InstigatorStatus.STOPPED)

    [problem] = find_switched_off(instance, {"back_up_database"}, set())

    assert problem.sentence.endswith(", its job runs only when somebody launches it")


def test_each_sensor_has_a_sentence_of_what_does_not_happen_without_it(
    tmp_path: Path,
) -> None:
    definitions = build_definitions(read_settings({"SOCIALLIVE_HOME": str(tmp_path)}))

    assert {sensor.name for sensor in definitions.sensors or ()} == set(WITHOUT_SENSOR)


def test_whoever_switches_a_run_off_is_told_that_a_sensor_starts_it_all_the_same(
    instance: dg.DagsterInstance,
) -> None:
    def said() -> list[str]:
        known = {"daily", "deliver_reports", "repair"}
        found = find_switched_off(instance, known, repaired={"daily"})
        return [f"{one.subject}: {'runs what is missing' in one.sentence}" for one in found]

    for name in ("daily", "deliver_reports"):
        AutomatedTicks(instance, name, InstigatorStatus.STOPPED)
    before = said()
    AutomatedTicks(instance, "repair", InstigatorStatus.STOPPED)

    assert before == [
        "sensor daily is switched off: True",
        "sensor deliver_reports is switched off: False",
    ]
    assert said()[0] == "sensor daily is switched off: False"


def test_what_is_switched_off_elsewhere_is_not_ours(instance: dg.DagsterInstance) -> None:
    AutomatedTicks(instance, "repair", InstigatorStatus.STOPPED, location="pipelines.definitions")

    assert list(find_switched_off(instance, {"repair"}, set())) == []


def test_each_sensor_that_fails_is_a_problem_until_somebody_switches_it_off(
    instance: dg.DagsterInstance,
) -> None:
    sensors = {name: AutomatedTicks(instance, name) for name in ("repair", "alerts")}
    for sensor in sensors.values():
        sensor.tick(TickStatus.FAILURE, NOW, "StorageError: the disk is full")
    both = [problem.key for problem in find_failed_ticks(instance, set(sensors))]
    state = sensors["repair"].state
    instance.update_instigator_state(state.with_status(InstigatorStatus.STOPPED))

    assert sorted(both) == ["failed-tick alerts", "failed-tick repair"]
    left = [problem.key for problem in find_failed_ticks(instance, set(sensors))]
    assert left == ["failed-tick alerts"]


def test_a_storage_in_memory_knows_of_no_schedules() -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        assert list(find_failed_ticks(instance, {"repair"})) == []
        assert list(find_switched_off(instance, {"repair"}, set())) == []
