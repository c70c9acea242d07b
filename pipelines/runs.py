"""Run the daily job here and now, without a daemon."""

from collections.abc import Callable

import dagster as dg
from dagster._core.definitions.job_base import InMemoryJob
from dagster._core.definitions.repository_definition import SINGLETON_REPOSITORY_NAME
from dagster._core.execution.api import execute_run_iterator
from dagster._core.remote_origin import (
    RegisteredCodeLocationOrigin,
    RemoteJobOrigin,
    RemoteRepositoryOrigin,
)
from dagster._core.storage.tags import MAX_RETRIES_TAG

from assets.ingestion.definitions import ACCEPT_LOSS
from assets.metadata import PATIENT
from assets.partitions import tags_of_days
from assets.resources.manifest import Manifest
from assets.resources.publishing import tell_nobody
from pipelines.code_server import LOCATION
from pipelines.definitions import build_definitions
from pipelines.failures import failure_of
from pipelines.jobs import DAILY_JOB
from pipelines.lost_runs import process_tags
from pipelines.settings import Settings
from schema.errors import RunFailedError
from schema.windows import DayRange

# By it the Dagster UI shows a run with its job's: in lists, on the timeline, with links to the job.
REPOSITORY = RemoteRepositoryOrigin(
    RegisteredCodeLocationOrigin(LOCATION), SINGLETON_REPOSITORY_NAME
)
SHOWN_WITH = RemoteJobOrigin(REPOSITORY, DAILY_JOB)
# Dagster's own events go to its storage; at the command line only its errors would be noise.
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


def run_daily_job(
    settings: Settings,
    days: DayRange,
    *,
    instance: dg.DagsterInstance,
    on_published: Callable[[Manifest], None] = tell_nobody,
    accept_loss: bool = False,
) -> None:
    """Materialize everything of the days in one run.

    With `accept_loss`, rows that are gone without a trace do not stop it.

    Raises:
        RunFailedError: a step refused its work; the message is the step's.
    """
    definitions = build_definitions(settings, on_published=on_published)
    job = definitions.resolve_job_def(DAILY_JOB)
    run = instance.create_run_for_job(
        job,
        run_config=QUIET,
        tags={
            **job.run_tags,
            **tags_of_days(days),
            **({ACCEPT_LOSS: "true"} if accept_loss else {}),
            # A command says at once what stands in the way, and whoever gave it runs it again.
            PATIENT: "false",
            MAX_RETRIES_TAG: "0",
            **process_tags(),
        },
        remote_job_origin=SHOWN_WITH,
    )
    events = list(execute_run_iterator(InMemoryJob(job), run, instance))
    if not any(event.event_type is dg.DagsterEventType.RUN_SUCCESS for event in events):
        raise RunFailedError(failure_of(events, run.run_id).sentence)
