"""Files of the overview: its page, and beside it every table as CSV and Parquet."""

import io
import os
from collections.abc import Iterable
from pathlib import Path

import polars as pl

from assets.resources.manifest import fsync_folder
from reports.overview.tables import Table
from schema.errors import StorageError

PAGE = "index.html"
# What a spreadsheet would run as a formula: such a first character, whatever blanks precede it.
FORMULA = r"^[\s\x00\u{FEFF}]*[=+\-@\u{FF1D}\u{FF0B}\u{FF0D}\u{FF20}|%]|^[\t\r\n]"
MOMENT_FORMAT = "%Y-%m-%dT%H:%M:%S%.6fZ"


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


def csv_of(frame: pl.DataFrame) -> bytes:
    """The rows as CSV that a spreadsheet opens without running anything; no value is an empty cell.

    Text that looks like a formula is preceded by an apostrophe.
    """
    safe = frame.with_columns(
        guarded(pl.col(name)) if dtype == pl.String else pl.col(name).dt.strftime(MOMENT_FORMAT)
        for name, dtype in frame.schema.items()
        if dtype in (pl.String, pl.Datetime)
    )
    headings = pl.DataFrame({"name": safe.columns}).select(guarded(pl.col("name")))["name"]
    return safe.rename(dict(zip(safe.columns, headings, strict=True))).write_csv().encode()


def guarded(texts: pl.Expr) -> pl.Expr:
    """Texts that no spreadsheet takes for a formula."""
    apostrophe = pl.lit("'") + texts
    return pl.when(texts.str.contains(FORMULA)).then(apostrophe).otherwise(texts).name.keep()


def parquet_of(frame: pl.DataFrame) -> bytes:
    """The rows as Parquet, uncompressed: whoever erases an account finds its ids by looking."""
    file = io.BytesIO()
    frame.write_parquet(file, compression="uncompressed")
    return file.getvalue()


def _replace(path: Path, content: bytes) -> None:
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with unfinished.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
        fsync_folder(path.parent)
    except OSError as error:
        raise StorageError(
            f"{path} cannot be written ({error.strerror}): free some space or mend it, then run "
            "`sociallive overview` again; the page that was there is untouched"
        ) from error
    finally:
        unfinished.unlink(missing_ok=True)
