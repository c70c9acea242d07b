"""One process that loads our definitions for all others, and how those find it.

Without it, webserver and daemon load the definitions each, and the daemon again every minute.
"""

import json
import os
import secrets
from pathlib import Path

from pipelines.settings import Settings
from schema.errors import StorageError, UsageError

LOCATION = "sociallive_analytics"
SOCKET = "code.sock"
# What the address of a Unix socket can hold on every system.
LONGEST_ADDRESS = 103


def code_socket(settings: Settings) -> Path:
    """Where the server listens: below the home, where nobody else can reach it.

    Raises:
        UsageError: the path is too long for a socket.
    """
    socket = settings.dagster_home / SOCKET
    if len(os.fsencode(socket)) > LONGEST_ADDRESS:
        raise UsageError(
            f"{socket} is too long for the address of a socket, which holds {LONGEST_ADDRESS} "
            "bytes: set SOCIALLIVE_HOME to a shorter path"
        )
    return socket


def prepare_workspace(settings: Settings) -> Path:
    """Write down, beside Dagster's settings, where the definitions are served.

    Raises:
        StorageError: the home cannot be written.
        UsageError: the path is too long for a socket.
    """
    server = {"socket": str(code_socket(settings)), "location_name": LOCATION}
    file = settings.dagster_home / "workspace.yaml"
    unfinished = file.with_name(f".{file.name}.{secrets.token_hex(8)}")
    try:
        # JSON is YAML too.
        unfinished.write_text(json.dumps({"load_from": [{"grpc_server": server}]}, indent=2))
        unfinished.replace(file)
    except OSError as error:
        raise StorageError(
            f"{file} cannot be written ({error.strerror}): mend it or set SOCIALLIVE_HOME"
        ) from error
    return file
