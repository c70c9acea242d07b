"""What a server runs, each as a process of its own; part of `sociallive service`."""

from typing import Annotated

import typer

services = typer.Typer(help="What a server runs, each as a process of its own.")

# Commands import what they need when they are called: `--help` and mistakes answer at once.


@services.command()
def code() -> None:
    """Serve our definitions to webserver and daemon; the runs are its children."""
    from pipelines.cli.service import become_code_server

    become_code_server()


@services.command()
def daemon() -> None:
    """Run schedules, sensors and the queue."""
    from pipelines.cli.service import become_daemon

    become_daemon()


@services.command()
def webserver(
    host: Annotated[
        str, typer.Option(help="Address to listen on: the UI has no login of its own.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.", min=1, max=65535)] = 3000,
    *,
    read_only: Annotated[
        bool, typer.Option("--read-only", help="Show everything, start and change nothing.")
    ] = False,
) -> None:
    """Serve the Dagster UI."""
    from pipelines.cli.service import become_webserver

    become_webserver(host, port, read_only=read_only)
