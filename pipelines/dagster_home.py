"""Dagster's own storage below the home, with the settings that this project ships."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg
from sqlalchemy.exc import SQLAlchemyError

from pipelines.settings import Settings
from schema.errors import StorageError

SHIPPED = Path(__file__).parent / "instance" / "dagster.yaml"


def prepare_dagster_home(settings: Settings) -> Path:
    """Make Dagster's folder and give it our settings, unless somebody has given it others.

    Raises:
        StorageError: the home cannot be written.
    """
    folder = settings.dagster_home
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not (folder / SHIPPED.name).exists():
            unfinished = folder / f".{SHIPPED.name}.{os.getpid()}"
            shutil.copyfile(SHIPPED, unfinished)
            unfinished.replace(folder / SHIPPED.name)
    except OSError as error:
        raise StorageError(
            f"{folder} cannot be written ({error.strerror}): mend it or set SOCIALLIVE_HOME"
        ) from error
    return folder


@contextmanager
def open_instance(settings: Settings) -> Iterator[dg.DagsterInstance]:
    """Open Dagster's storage of this home.

    Raises:
        StorageError: the storage cannot be written, most often because the disk is full.
    """
    folder = prepare_dagster_home(settings)
    try:
        with dg.DagsterInstance.from_config(str(folder)) as instance:
            yield instance
    except SQLAlchemyError as error:
        reason = str(getattr(error, "orig", error)).splitlines()[0]
        raise StorageError(
            f"{folder} cannot be written ({reason}): free some space or mend it and run again; "
            "what was published before is untouched"
        ) from error
