"""Run the daily job here and now, without a daemon."""

from collections.abc import Callable

import dagster as dg
from dagster._core.definitions.repository_definition import SINGLETON_REPOSITORY_NAME
from dagster._core.storage.tags import REPOSITORY_LABEL_TAG

from assets.ingestion.definitions import ACCEPT_LOSS
from assets.metadata import PATIENT
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

# By it the Dagster UI lists a run with its job's; the daemon does not take it for one to try again.
SHOWN_WITH, REPOSITORY = REPOSITORY_LABEL_TAG, f"{SINGLETON_REPOSITORY_NAME}@{LOCATION}"
# The UI's list of runs shows it, as it shows a single day, and not the tags above it.
DAYS = "days"
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
    first, last = days.first.isoformat(), days.last.isoformat()
    # Of one day, Dagster looks up what a check is about; of a range, for each result, all days
    # that there are.
    of_range = {
        "dagster/asset_partition_range_start": first,
        "dagster/asset_partition_range_end": last,
        DAYS: str(days),
    }
    outcome = definitions.resolve_job_def(DAILY_JOB).execute_in_process(
        run_config=QUIET,
        instance=instance,
        partition_key=first if first == last else None,
        tags={
            **({} if first == last else of_range),
            **({ACCEPT_LOSS: "true"} if accept_loss else {}),
            # A command says at once what stands in the way.
            PATIENT: "false",
            SHOWN_WITH: REPOSITORY,
            **process_tags(),
        },
        raise_on_error=False,
    )
    if not outcome.success:
        raise RunFailedError(failure_of(outcome.all_events, outcome.run_id).sentence)
