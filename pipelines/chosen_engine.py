"""The published tables of an installation, with the engine that its settings choose."""

from assets.resources.engine import EngineName, open_engine
from assets.resources.lake import Lake
from assets.resources.published import Published
from assets.resources.spark_session import require_spark
from pipelines.settings import Settings


def published_of(settings: Settings) -> Published:
    """The lake of the installation, read by its engine; a Spark is started at the first look."""
    engine = open_engine(settings.engine, scratch=settings.scratch, spark=settings.spark)
    return Published(Lake(settings.lake), engine)


def require_engine(settings: Settings) -> None:
    """See that the engine is there before any work is begun.

    Raises:
        UsageError: the engine is not installed.
        EngineUnavailableError: its cluster does not answer.
    """
    if settings.engine is EngineName.SPARK:
        require_spark(settings.spark)
