"""`sociallive dev`: the Dagster UI with its daemon, on this machine only."""

import subprocess
import sys
from pathlib import Path

from pipelines.cli.console import say
from pipelines.dagster_home import prepare_dagster_home
from pipelines.platform import ready_platform
from pipelines.settings import REPOSITORY, environment_with, read_settings
from schema.errors import UsageError

LOOPBACK = "127.0.0.1"


def serve_dagster(port: int) -> None:
    """Serve until interrupted.

    Raises:
        UsageError: the UI ended by itself, for example because the port is taken.
    """
    settings = read_settings()
    ready_platform(settings)
    environment = environment_with(
        DAGSTER_HOME=str(prepare_dagster_home(settings)),
        # Dagster says of its own command that another one has come.
        PYTHONWARNINGS="ignore::FutureWarning",
    )
    say(f"Dagster UI: http://{LOOPBACK}:{port} (Ctrl-C ends it)")
    command = [sys.executable, "-m", "dagster", "dev", "--workspace", "workspace.yaml"]
    command += ["--host", LOOPBACK, "--port", str(port), "--log-level", "error"]
    ended = _run(command, environment)
    if ended not in {0, -2, 130}:
        raise UsageError(f"the Dagster UI ended with {ended}: is port {port} taken? Try --port")


def _run(command: list[str], environment: dict[str, str]) -> int:
    with subprocess.Popen(command, cwd=Path(REPOSITORY), env=environment) as process:
        try:
            return process.wait()
        except KeyboardInterrupt:
            return process.wait()
