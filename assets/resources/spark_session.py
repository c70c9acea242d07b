"""The one Spark session of this process: started when it is first needed, stopped at the end."""

import atexit
import os
import re
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import IO, TYPE_CHECKING

from assets.resources.spark_url import SparkUrl
from schema.errors import EngineUnavailableError, UsageError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

CONNECT_TIMEOUT_S = 10
OLDEST_JAVA = 17
ASK_JAVA = 'exec "${JAVA_HOME:+$JAVA_HOME/bin/}java" -version'
# What results depend on; the file spark-defaults.conf has a say in everything else.
EXACT = {
    "spark.sql.session.timeZone": "UTC",
    # An overflow is an error, not a null.
    "spark.sql.ansi.enabled": "true",
    # A decimal that does not fit is an error, not a rounded one.
    "spark.sql.decimalOperations.allowPrecisionLoss": "false",
    "spark.sql.caseSensitive": "true",
    "spark.sql.timestampType": "TIMESTAMP_LTZ",
    "spark.sql.files.ignoreCorruptFiles": "false",
    "spark.sql.files.ignoreMissingFiles": "false",
}
QUIET = {
    # The page that it would serve to everybody has no login.
    "spark.ui.enabled": "false",
    # Each expression would ask Java several times where it was written.
    "spark.python.sql.dataFrameDebugging.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.log.level": "ERROR",
}
LOOPBACK = "127.0.0.1"


@cache
def spark_session(url: SparkUrl, scratch: Path) -> "SparkSession":
    """The session at the address; it ends with the process.

    Raises:
        UsageError: Spark or Java is not installed.
        EngineUnavailableError: nothing answers at the address, or Spark does not start.
    """
    require_spark(url)
    session = _connect(url) if url.is_connect else _start(url, scratch)
    atexit.register(session.stop)
    for name, value in EXACT.items():
        session.conf.set(name, value)
    return session


def require_spark(url: SparkUrl) -> None:
    """See that the address can be used from here, before any work is begun.

    Raises:
        UsageError: Spark or Java is not installed.
        EngineUnavailableError: nothing answers at the address.
    """
    if find_spec("pyspark") is None:
        raise UsageError(
            "SOCIALLIVE_ENGINE is spark, and Spark is not installed: run `make install-spark`, or "
            "`pip install 'sociallive-analytics[spark]'` into this environment"
        )
    if not url.is_connect and _java_version() < OLDEST_JAVA:
        raise UsageError(
            f"Spark needs Java {OLDEST_JAVA} or newer, and there is none here: install it (Debian: "
            "openjdk-17-jre-headless) or set JAVA_HOME"
        )
    if url.servers and not any(_answers(server) for server in url.servers):
        raise EngineUnavailableError(
            f"nothing answers at {url} within {CONNECT_TIMEOUT_S} seconds: start Spark there, or "
            "set SOCIALLIVE_SPARK_URL to where it runs"
        )


def _java_version() -> int:
    """Of the Java that Spark would start; 0 where there is none."""
    asked = subprocess.run(["/bin/sh", "-c", ASK_JAVA], capture_output=True, text=True, check=False)
    told = re.search(r'version "(\d+)', asked.stderr)
    return int(told[1]) if told else 0


def _answers(server: tuple[str, int]) -> bool:
    try:
        with socket.create_connection(server, timeout=CONNECT_TIMEOUT_S):
            return True
    except OSError:
        return False


def _start(url: SparkUrl, scratch: Path) -> "SparkSession":
    from pyspark.errors import PySparkException
    from pyspark.sql import SparkSession

    scratch.mkdir(parents=True, exist_ok=True)
    options = QUIET | {} if url.servers else QUIET | _of_this_machine(scratch)
    builder = SparkSession.builder.appName("sociallive").master(url.text).config(map=options)
    with tempfile.TemporaryFile() as said:
        try:
            with _stderr_into(said):
                return builder.getOrCreate()
        except PySparkException as error:
            raise EngineUnavailableError(
                f"Spark at {url} does not start: {_last_line(said)}"
            ) from error


def _of_this_machine(scratch: Path) -> dict[str, str]:
    """Nobody else is to reach it, and what does not fit in memory goes where ours does."""
    return {
        "spark.driver.host": LOOPBACK,
        "spark.driver.bindAddress": LOOPBACK,
        "spark.local.dir": str(scratch),
        "spark.sql.warehouse.dir": str(scratch / "warehouse"),
    }


def _connect(url: SparkUrl) -> "SparkSession":
    from pyspark.errors import PySparkException
    from pyspark.sql import SparkSession

    try:
        return SparkSession.builder.appName("sociallive").remote(url.text).getOrCreate()
    except PySparkException as error:
        raise EngineUnavailableError(f"Spark Connect at {url} does not let us in") from error


@contextmanager
def _stderr_into(file: IO[bytes]) -> Iterator[None]:
    """Keep Java's chatter off the screen: it inherits what is our stderr when it is started."""
    sys.stderr.flush()
    kept = os.dup(2)
    try:
        os.dup2(file.fileno(), 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


def _last_line(said: IO[bytes]) -> str:
    said.seek(0)
    lines = said.read().decode(errors="replace").strip().splitlines()
    return lines[-1].strip()[:300] if lines else "it says nothing about why"
