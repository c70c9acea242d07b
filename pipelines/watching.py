"""Checks that run apart from the daily job: cheap ones each morning, thorough ones each week."""

from collections.abc import Sequence
from dataclasses import dataclass

import dagster as dg

from assets.quality.promise_checks import promise_checks
from assets.quality.reconciliation_checks import counters_check
from pipelines.jobs import checks_job
from pipelines.model_quality import model_quality_check
from pipelines.schedules import timed_schedule
from pipelines.settings import Settings

PROMISES, PROMISES_AT = "check_promises", "15 6 * * *"
THOROUGH, THOROUGH_AT = "check_thoroughly", "30 6 * * 1"


@dataclass(frozen=True, slots=True)
class Watching:
    """What `Definitions` are to know of it."""

    checks: list[dg.AssetChecksDefinition]
    schedules: list[dg.ScheduleDefinition]


def watching_of(settings: Settings, tables: Sequence[str]) -> Watching:
    """Checks with jobs of their own: a day's run neither needs them nor sees what they see."""
    promises = promise_checks(tables)
    thorough = [counters_check(), model_quality_check(settings)]
    jobs = {
        PROMISES_AT: checks_job(
            PROMISES,
            promises,
            description="Whether a day is late or lost, a private column is open, or a row astray.",
        ),
        THOROUGH_AT: checks_job(
            THOROUGH,
            thorough,
            description="Whether cached counters and scores are as good as they should be.",
        ),
    }
    return Watching(
        [*promises, *thorough], [timed_schedule(job, at=at) for at, job in jobs.items()]
    )
