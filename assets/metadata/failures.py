"""What Dagster shows of a refusal: its one sentence."""

from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg

from schema.errors import DatabaseUnavailableError, PartitionLockedError, PipelineError

TRANSIENT = (DatabaseUnavailableError, PartitionLockedError)


@contextmanager
def clear_failures() -> Iterator[None]:
    """Show a refusal of ours as its one sentence; what may pass by itself may be retried."""
    try:
        yield
    except PipelineError as error:
        raise dg.Failure(
            description=str(error), allow_retries=isinstance(error, TRANSIENT)
        ) from error
