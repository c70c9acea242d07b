"""Files of the overview: its page, and beside it every table as CSV and Parquet."""

import io
import os
from collections.abc import Iterable
from pathlib import Path

import polars as pl

from assets.resources.durable_files import fsync_path, write_synced
from reports.csv_cells import csv_of
from reports.overview.tables import Table
from schema.errors import StorageError

PAGE = "index.html"


def write_overview(folder: Path, page: str, tables: Iterable[Table]) -> Path:
    """Replace the tables, then the page that links to them; each file is whole or not there.

    Raises:
        StorageError: the folder cannot be written.
    """
    for table in tables:
        _replace(folder / f"{table.name}.csv", csv_of(table.frame))
        _replace(folder / f"{table.name}.parquet", parquet_of(table.frame))
    _replace(folder / PAGE, page.encode())
    return folder / PAGE


def parquet_of(frame: pl.DataFrame) -> bytes:
    """The rows as Parquet, uncompressed: whoever erases an account finds its ids by looking."""
    file = io.BytesIO()
    frame.write_parquet(file, compression="uncompressed")
    return file.getvalue()


def _replace(path: Path, content: bytes) -> None:
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_synced(unfinished, content)
        unfinished.replace(path)
        fsync_path(path.parent)
    except OSError as error:
        raise StorageError(
            f"{path} cannot be written ({error.strerror}): free some space or mend it, then run "
            "`sociallive overview` again; the page that was there is untouched"
        ) from error
    finally:
        unfinished.unlink(missing_ok=True)
