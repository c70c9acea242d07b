"""Whether the daemon is alive, and whether schedules and sensors do their work."""

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import dagster as dg
from dagster._core.scheduler.instigation import InstigatorState, InstigatorStatus, TickStatus

from pipelines.alerts.kinds import Kind, Severity
from pipelines.alerts.problem import Problem
from pipelines.code_server import LOCATION
from pipelines.repair.attempts import REPAIR_SENSOR

if TYPE_CHECKING:
    # It brings the whole daemon along: half a second whenever definitions are loaded.
    from dagster._daemon.types import DaemonHeartbeat

# A sensor's tick may take a minute, and a busy machine two.
SILENT_AFTER = timedelta(minutes=5)
ENDED_TICKS = [TickStatus.SUCCESS, TickStatus.SKIPPED, TickStatus.FAILURE]
# What does not happen while a sensor is switched off.
WITHOUT_SENSOR = {
    REPAIR_SENSOR: "days and reports that failed, are late or were missed are not run again",
    "alerts": "nobody is told of problems, but by `sociallive alerts --notify` where cron runs it",
    "lost_runs": "a run whose process is gone holds up other runs for hours",
}


def find_dead_daemons(instance: dg.DagsterInstance, now: datetime) -> Iterator[Problem]:
    """One problem for all parts of the daemon that should beat and do not, one for failing ones."""
    required = {
        name: status.last_heartbeat
        for name, status in instance.get_daemon_statuses().items()
        if status.required
    }
    silent = {name: beat for name, beat in required.items() if _is_silent(beat, now)}
    if silent:
        yield _dead(silent)
    beating = (beat for name, beat in required.items() if beat and name not in silent)
    failing = [beat for beat in beating if beat.errors]
    if failing:
        yield _failing(failing)


def _is_silent(beat: "DaemonHeartbeat | None", now: datetime) -> bool:
    return beat is None or now - datetime.fromtimestamp(beat.timestamp, UTC) > SILENT_AFTER


def _dead(silent: "Mapping[str, DaemonHeartbeat | None]") -> Problem:
    beats = [beat for beat in silent.values() if beat]
    newest = max((beat.timestamp for beat in beats), default=None)
    since = f"since {datetime.fromtimestamp(newest, UTC):%Y-%m-%d %H:%M} UTC" if newest else "ever"
    said = _said(beats)
    return Problem(
        key=str(Kind.DAEMON_DEAD),
        kind=Kind.DAEMON_DEAD,
        severity=Severity.ERROR,
        subject="the Dagster daemon is not alive",
        sentence=f"no heartbeat of {', '.join(sorted(silent)).lower()} {since}: nothing "
        "runs by itself until `sociallive service daemon` (on one's own machine: `sociallive dev`) "
        f"is started again{f'; it said: {said}' if said else ''}",
        path="/health",
    )


def _failing(beats: "Sequence[DaemonHeartbeat]") -> Problem:
    """For minutes a heartbeat carries the error of each tick that failed: it may be over."""
    names = ", ".join(sorted(beat.daemon_type.lower() for beat in beats))
    return Problem(
        key=f"{Kind.DAEMON_DEAD} errors",
        kind=Kind.DAEMON_DEAD,
        severity=Severity.WARNING,
        subject="the Dagster daemon is alive, and a part of it fails",
        sentence=f"the heartbeat of {names} says: {_said(beats) or 'no reason was recorded'}",
        path="/health",
    )


def _said(beats: "Iterable[DaemonHeartbeat]") -> str:
    """The first line of the first error."""
    errors = (str(beat.errors[0].message).strip() for beat in beats if beat.errors)
    return next(errors, "").partition("\n")[0]


def find_failed_ticks(instance: dg.DagsterInstance, known: Container[str]) -> Iterator[Problem]:
    """One problem per schedule or sensor whose newest tick failed.

    `known`: names of those that there are; Dagster keeps the states of all that ever were.
    """
    for state in _states(instance, known):
        ticks = instance.get_ticks(
            state.instigator_origin_id, state.selector_id, limit=1, statuses=ENDED_TICKS
        )
        if state.is_running and ticks and ticks[0].status is TickStatus.FAILURE:
            error = ticks[0].error
            yield _failed_tick(state, error.message if error else "")


def _failed_tick(state: InstigatorState, said: str) -> Problem:
    name, kind = state.instigator_name, state.instigator_type.value.lower()
    lines = said.strip().splitlines()
    return Problem(
        key=f"{Kind.FAILED_TICK} {name}",
        kind=Kind.FAILED_TICK,
        severity=Severity.ERROR,
        subject=f"{kind} {name} fails",
        sentence=f"the newest tick of the {kind} {name} failed, so that what it starts does not "
        f"start: {lines[0] if lines else 'no reason was recorded'}",
        path="/automation",
    )


def find_switched_off(
    instance: dg.DagsterInstance, known: Container[str], repaired: Container[str]
) -> Iterator[Problem]:
    """One problem per schedule or sensor that somebody has switched off.

    `repaired`: names of schedules whose missing runs the repair sensor asks for.
    """
    off = {
        state.instigator_name: state.instigator_type.value.lower()
        for state in _states(instance, known)
        if state.status is InstigatorStatus.STOPPED
    }
    for name, kind in sorted(off.items()):
        is_repaired = name in repaired and REPAIR_SENSOR not in off
        yield _switched_off(name, kind, is_repaired=is_repaired)


def is_switched_off(instance: dg.DagsterInstance, name: str) -> bool:
    """Whether somebody has switched off this schedule or sensor."""
    return any(find_switched_off(instance, {name}, ()))


def _switched_off(name: str, kind: str, *, is_repaired: bool) -> Problem:
    if is_repaired:
        outcome = (
            f"the sensor {REPAIR_SENSOR} runs what is missing in its place; to stop that as well, "
            "switch off both"
        )
    else:
        outcome = WITHOUT_SENSOR.get(name, "its job runs only when somebody launches it")
    return Problem(
        key=f"{Kind.SWITCHED_OFF} {name}",
        kind=Kind.SWITCHED_OFF,
        severity=Severity.WARNING,
        subject=f"{kind} {name} is switched off",
        sentence=f"until it is switched on again, under Automation in the Dagster UI, {outcome}",
        path="/automation",
    )


def _states(instance: dg.DagsterInstance, known: Container[str]) -> list[InstigatorState]:
    """What Dagster notes of our schedules and sensors, wherever they are served."""
    # A storage in memory, as of a command, knows of no schedules.
    states = instance.all_instigator_state() if instance.schedule_storage else []
    return [
        state
        for state in states
        if state.instigator_name in known
        # Somebody may have loaded the definitions under another name, too.
        and state.origin.repository_origin.code_location_origin.location_name == LOCATION
    ]
