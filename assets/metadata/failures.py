"""What Dagster shows of a refusal: its one sentence."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

import dagster as dg

from schema.errors import (
    DatabaseUnavailableError,
    EngineUnavailableError,
    PartitionLockedError,
    PipelineError,
)

TRANSIENT = (DatabaseUnavailableError, EngineUnavailableError, PartitionLockedError)
# Tag of runs that wait for what may pass by itself: those that nobody watches. The UI hides tags
# that begin like this; runs that an older version made have the other one.
PATIENT, PATIENT_BEFORE = ".dagster/sociallive_patient", "sociallive/patient"
# A database that restarts is back within minutes; half a minute, then twice as long each time.
MOST_RETRIES = 4
FIRST_WAIT_S = 30


@contextmanager
def clear_failures() -> Iterator[None]:
    """Show a refusal of ours as its one sentence; a patient run tries again what may pass.

    Only that: a retry policy of Dagster's would also try again bugs, and runs that were stopped.
    """
    try:
        yield
    except PipelineError as error:
        _refuse(error)


def _refuse(error: PipelineError) -> NoReturn:
    # Each is raised from the one before it, or Dagster records no cause of what it tries again.
    try:
        _fail(error)
    except dg.Failure as failure:
        retries = _retries_so_far() if failure.allow_retries else None
        if retries is None:
            raise
        raise dg.RetryRequested(MOST_RETRIES, FIRST_WAIT_S * 2**retries) from failure


def _fail(error: PipelineError) -> NoReturn:
    raise dg.Failure(description=str(error), allow_retries=isinstance(error, TRANSIENT)) from error


def _retries_so_far() -> int | None:
    """Of the step at work; none where its run is not patient, and outside of runs."""
    try:
        context = dg.OpExecutionContext.get()
    except dg.DagsterInvariantViolationError:
        return None
    tags = context.run.tags
    return context.retry_number if tags.get(PATIENT, tags.get(PATIENT_BEFORE)) == "true" else None
