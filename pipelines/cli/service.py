"""`sociallive service`: prepare what Dagster needs, then become its process."""

import os
import sys
from collections.abc import Sequence
from typing import NoReturn

from pipelines.cli.console import say
from pipelines.code_server import LOCATION, code_socket, prepare_workspace
from pipelines.dagster_home import prepare_dagster_home
from pipelines.settings import REPOSITORY, Settings, environment_with, read_settings

# PostgreSQL takes many events at once as fast as one; SQLite ignores it.
EVENT_BATCH = "500"
# What Dagster waits for any answer. A worker that starts is one: on a machine that is overloaded it
# takes longer than a minute, and its run was failed while it began. Others get their minute still.
WAITED_S, START_WAITED_S = "60", "240"
DEFINITIONS = ("--module-name", "pipelines.definitions", "--attribute", "defs")


def become_code_server() -> NoReturn:
    """Serve our definitions until a signal ends it.

    Raises:
        StorageError: the home cannot be written.
        UsageError: a setting cannot be right.
    """
    settings = read_settings()
    prepare_dagster_home(settings)
    socket = code_socket(settings)
    socket.unlink(missing_ok=True)
    place = ["--working-directory", str(REPOSITORY), "--location-name", LOCATION]
    become(settings, "dagster", ["api", "grpc", "--socket", str(socket), *DEFINITIONS, *place])


def become_daemon() -> NoReturn:
    """Run schedules, sensors and the queue until a signal ends it.

    Raises:
        StorageError: the home cannot be written.
        UsageError: a setting cannot be right.
    """
    settings = read_settings()
    become(settings, "dagster._daemon", ["run", *_workspace(settings)])


def become_webserver(host: str, port: int, *, read_only: bool) -> NoReturn:
    """Serve the UI until a signal ends it.

    Raises:
        StorageError: the home cannot be written.
        UsageError: a setting cannot be right.
    """
    settings = read_settings()
    options = ["--host", host, "--port", str(port), *_workspace(settings)]
    say(f"Dagster UI: http://{host}:{port}")
    become(settings, "dagster_webserver", [*options, *(["--read-only"] if read_only else [])])


def _workspace(settings: Settings) -> list[str]:
    prepare_dagster_home(settings)
    return ["--workspace", str(prepare_workspace(settings))]


def become(settings: Settings, module: str, options: Sequence[str]) -> NoReturn:
    """End as one of Dagster's commands, in the repository."""
    environment = environment_with(
        # A relative path would lead elsewhere from there.
        SOCIALLIVE_HOME=str(settings.home),
        DAGSTER_HOME=str(settings.dagster_home),
        DAGSTER_DISABLE_TELEMETRY="yes",
        DAGSTER_EVENT_BATCH_SIZE=EVENT_BATCH,
        DAGSTER_GRPC_TIMEOUT_SECONDS=START_WAITED_S,
        DAGSTER_SENSOR_GRPC_TIMEOUT_SECONDS=WAITED_S,
        DAGSTER_SCHEDULE_GRPC_TIMEOUT_SECONDS=WAITED_S,
        DAGSTER_GRPC_SHUTDOWN_GRACE_PERIOD=WAITED_S,
        PYTHONUNBUFFERED="1",
        # Dagster says of its own commands that others have come.
        PYTHONWARNINGS="ignore::FutureWarning",
    )
    sys.stdout.flush()
    os.chdir(REPOSITORY)
    # Signals reach Dagster itself, which ends what it has started; what it runs is ours.
    os.execve(sys.executable, [sys.executable, "-m", module, *options], environment)  # noqa: S606
