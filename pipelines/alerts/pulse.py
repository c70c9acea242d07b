"""Whether the daemon is alive, and whether schedules and sensors do their work."""

from collections.abc import Container, Iterator
from datetime import UTC, datetime, timedelta

import dagster as dg
from dagster._core.scheduler.instigation import InstigatorState, TickStatus
from dagster._daemon.types import DaemonStatus

from pipelines.alerts.kinds import Kind, Severity
from pipelines.alerts.problem import Problem

# A sensor's tick may take a minute, and a busy machine two.
SILENT_AFTER = timedelta(minutes=5)
ENDED_TICKS = [TickStatus.SUCCESS, TickStatus.SKIPPED, TickStatus.FAILURE]


def find_dead_daemons(instance: dg.DagsterInstance, now: datetime) -> Iterator[Problem]:
    """One problem for all parts of the daemon that should beat and do not."""
    statuses = instance.get_daemon_statuses()
    silent = {name: status for name, status in statuses.items() if _is_silent(status, now)}
    if not silent:
        return
    beats = [status.last_heartbeat for status in silent.values() if status.last_heartbeat]
    newest = max((beat.timestamp for beat in beats), default=None)
    since = f"since {datetime.fromtimestamp(newest, UTC):%Y-%m-%d %H:%M} UTC" if newest else "ever"
    errors = [str(beat.errors[0].message).strip() for beat in beats if beat.errors]
    said = f"; it said: {errors[0].splitlines()[0]}" if errors and errors[0] else ""
    yield Problem(
        key=str(Kind.DAEMON_DEAD),
        kind=Kind.DAEMON_DEAD,
        severity=Severity.ERROR,
        subject="the Dagster daemon is not alive",
        sentence=f"no healthy heartbeat of {', '.join(sorted(silent)).lower()} {since}: nothing "
        "runs by itself until `sociallive service daemon` (on one's own machine: `sociallive dev`) "
        f"is started again{said}",
        path="/health",
    )


def _is_silent(status: DaemonStatus, now: datetime) -> bool:
    if not status.required:
        return False
    beat = status.last_heartbeat
    if beat is None or beat.errors:
        return True
    return now - datetime.fromtimestamp(beat.timestamp, UTC) > SILENT_AFTER


def find_failed_ticks(instance: dg.DagsterInstance, known: Container[str]) -> Iterator[Problem]:
    """One problem per schedule or sensor whose newest tick failed.

    `known`: names of those that there are; Dagster keeps the states of all that ever were.
    """
    # A storage in memory, as of a command, knows of no schedules.
    states = instance.all_instigator_state() if instance.schedule_storage else []
    for state in (state for state in states if state.instigator_name in known):
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
