"""What goes wrong in Spark, in one sentence, and never a wait for workers that do not come."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread
from typing import TYPE_CHECKING

from assets.resources.lazy_frames import LazyFrame
from schema.errors import EngineUnavailableError

if TYPE_CHECKING:
    from pyspark import SparkContext

# How often workers are counted, and how long a computation may be without any.
LOOK_S = 5
PATIENCE_S = 120


@contextmanager
def clear_spark_failures(frame: LazyFrame) -> Iterator[None]:
    """Turn failures of Spark itself into one clear sentence.

    Raises:
        EngineUnavailableError: no worker is left, or Spark does not answer or gave up.
    """
    from py4j.protocol import Py4JError
    from pyspark.errors import (
        AnalysisException,
        ArithmeticException,
        IllegalArgumentException,
        PySparkException,
    )

    lost = Event()
    try:
        with _watched(_cluster_of(frame), lost):
            yield
    except (AnalysisException, ArithmeticException, IllegalArgumentException):
        # Of our own making: another attempt would end the same.
        raise
    except (PySparkException, Py4JError, OSError) as error:
        if lost.is_set():
            raise EngineUnavailableError(
                f"no worker of Spark has taken any work for {PATIENCE_S} seconds: see that workers "
                "run and have a core and memory to spare (spark-defaults.conf says how much an "
                "executor asks for), and run again"
            ) from error
        raise EngineUnavailableError(
            f"Spark gave up ({reason(error)}): the logs of its workers say more; run again"
        ) from error


def reason(error: Exception) -> str:
    """Why, without values of the data: Spark's name of the condition, or the cause's class."""
    if condition := getattr(error, "getCondition", lambda: None)():
        return str(condition)
    cause = getattr(error, "java_exception", None)
    while cause is not None and cause.getCause() is not None:
        cause = cause.getCause()
    return str(cause.getClass().getSimpleName() if cause is not None else type(error).__name__)


@contextmanager
def _watched(context: "SparkContext | None", lost: Event) -> Iterator[None]:
    """Cancel what runs when no worker is left to run it: Spark would wait for one forever."""
    if context is None:
        yield
        return
    over = Event()
    watch = Thread(target=_watch, args=(context, over, lost), daemon=True)
    watch.start()
    try:
        yield
    finally:
        over.set()
        watch.join()


def _cluster_of(frame: LazyFrame) -> "SparkContext | None":
    """What works on the frame, if a cluster does; a Connect server is watched where it runs."""
    if frame.implementation.is_pyspark_connect():
        return None
    context: SparkContext = frame.to_native().sparkSession.sparkContext
    return context if str(context.master).startswith("spark:") else None


def _watch(context: "SparkContext", over: Event, lost: Event) -> None:
    alone_s = 0
    while not over.wait(LOOK_S):
        alone_s = 0 if _workers(context) else alone_s + LOOK_S
        if alone_s >= PATIENCE_S:
            lost.set()
            context.cancelAllJobs()


def _workers(context: "SparkContext") -> int:
    """Executors of this application, which Python's side of Spark does not tell of."""
    blocks = context._jsc.sc().getExecutorMemoryStatus()  # noqa: SLF001
    return int(blocks.size()) - 1
