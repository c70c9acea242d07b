"""`sociallive dev`: the Dagster UI with its daemon, on this machine only."""

import socket
from typing import NoReturn

from pipelines.cli.console import say
from pipelines.cli.service import become
from pipelines.dagster_home import prepare_dagster_home
from pipelines.platform import ready_platform
from pipelines.settings import read_settings
from schema.errors import UsageError

LOOPBACK = "127.0.0.1"


def serve_dagster(port: int) -> NoReturn:
    """Serve until a signal ends it.

    Raises:
        UsageError: the port is taken.
    """
    settings = read_settings()
    _refuse_taken(port)
    ready_platform(settings)
    prepare_dagster_home(settings)
    say(f"Dagster UI: http://{LOOPBACK}:{port} (Ctrl-C ends it)")
    options = ["--host", LOOPBACK, "--port", str(port), "--log-level", "error"]
    become(settings, "dagster", ["dev", "--workspace", "workspace.yaml", *options])


def _refuse_taken(port: int) -> None:
    """Dagster would print a traceback, and end as if all were well."""
    try:
        socket.create_server((LOOPBACK, port)).close()
    except OSError as error:
        raise UsageError(f"port {port} cannot be used: is it taken? Try --port") from error
