"""Looking around from outside of the daemon: everything it sees, and itself, and the database."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

import dagster as dg

from pipelines.alerting import watch_of
from pipelines.alerts.kinds import FROM_OUTSIDE, Kind, Severity
from pipelines.alerts.problem import Findings, Problem, gravest_first
from pipelines.alerts.pulse import find_dead_daemons
from pipelines.dagster_home import has_storage, open_instance
from pipelines.definitions import LAKE_TABLES, build_definitions
from pipelines.platform import checked_platform
from pipelines.settings import Settings
from schema.errors import PipelineError, StorageError


def look_from_outside(
    settings: Settings, now: datetime, *, looked_at: datetime | None = None
) -> Findings:
    """Everything that is wrong; what cannot be asked is wrong itself, and the rest is looked at."""
    database = list(find_dead_database(settings))
    try:
        with open_instance(settings) as instance:
            inside = _look(settings, instance, now, looked_at)
            found = [*inside.problems, *find_dead_daemons(instance, now)]
    except StorageError as error:
        return Findings((*database, _no_storage(error)), FROM_OUTSIDE)
    return replace(
        inside,
        problems=tuple(gravest_first([*database, *found])),
        looked_for=inside.looked_for | FROM_OUTSIDE,
    )


def look_inside(settings: Settings, now: datetime) -> tuple[Problem, ...]:
    """What the daemon itself would see, whether it is alive or not; nothing where nothing has run.

    Raises:
        UsageError: settings of Dagster that somebody wrote cannot be used.
    """
    if not has_storage(settings):
        return ()
    try:
        with open_instance(settings) as instance:
            return _look(settings, instance, now, looked_at=None).problems
    except StorageError as error:
        return (_no_storage(error),)


def find_dead_database(settings: Settings) -> Iterator[Problem]:
    """Whether the platform can be asked; the embedded one is started for it."""
    try:
        checked_platform(settings)
    except PipelineError as error:
        yield Problem(
            key=str(Kind.DATABASE_DOWN),
            kind=Kind.DATABASE_DOWN,
            severity=Severity.ERROR,
            subject="the platform's database cannot be used",
            sentence=str(error),
        )


def _look(
    settings: Settings, instance: dg.DagsterInstance, now: datetime, looked_at: datetime | None
) -> Findings:
    definitions = build_definitions(settings)
    checks = definitions.asset_checks or []
    automation = {
        one.name for one in (*(definitions.schedules or ()), *(definitions.sensors or ()))
    }
    watch = watch_of(
        settings,
        LAKE_TABLES,
        [check for check in checks if isinstance(check, dg.AssetChecksDefinition)],
    )
    return watch.look(instance, now, automation=automation, looked_at=looked_at)


def _no_storage(error: StorageError) -> Problem:
    return Problem(
        key=str(Kind.DAEMON_DEAD),
        kind=Kind.DAEMON_DEAD,
        severity=Severity.ERROR,
        subject="Dagster's storage cannot be used",
        sentence=f"without it nothing runs by itself: {error}",
    )
