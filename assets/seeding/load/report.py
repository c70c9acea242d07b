"""What a load did, and the files of the rows that it set aside."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from assets.seeding.load.erased import ERASED
from assets.seeding.load.parsing import REASON, ROW
from assets.seeding.load.shifting import Shift
from assets.seeding.load.span import Span
from assets.seeding.load.spilling import pieces_of
from schema.errors import StorageError


@dataclass(frozen=True, slots=True)
class TableReport:
    """One table: read = loaded + rejected."""

    table: str
    read: int
    loaded: int
    reasons: dict[str, int]
    """Rejected rows by reason, most frequent first."""
    rejects: Path | None
    """File of the rejected rows; none when there were none."""

    @property
    def rejected(self) -> int:
        """Rows that did not go in."""
        return sum(self.reasons.values())


@dataclass(frozen=True, slots=True)
class LoadReport:
    """All tables, the folder of rejects, and the days of what was loaded (None: nothing was)."""

    tables: tuple[TableReport, ...]
    rejects: Path
    span: Span | None
    shift: Shift | None = None
    """By how much all times were moved; none where they were not asked to end on a day."""
    joined: bool = False
    """Whether the database had engagement before."""


def count_reasons(judged: pl.DataFrame) -> dict[str, int]:
    """Rejected rows by reason, most frequent first."""
    counted = (
        judged.drop_nulls(REASON)
        .group_by(REASON)
        .len()
        .sort("len", REASON, descending=[True, False])
    )
    return dict(counted.rows())


def write_rejects(
    folder: Path, table: str, judged: pl.DataFrame, texts: pl.DataFrame
) -> Path | None:
    """Write the rejected rows of a table: number in the file, reason, and what the source said.

    Replaces the file of an earlier load; without rejected rows there is none. What a row of an
    erased account says is left out.

    Raises:
        StorageError: the folder cannot be written.
    """
    path = folder / f"{table}.csv"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if judged[REASON].null_count() == judged.height:
            path.unlink(missing_ok=True)
            return None
        with path.with_suffix(".part").open("wb") as file:
            for rejected in _rejected(judged.select(ROW, REASON), texts):
                rejected.write_csv(file, include_header=file.tell() == 0)
            file.flush()
            os.fsync(file.fileno())
        path.with_suffix(".part").replace(path)
    except OSError as error:
        raise StorageError(
            f"cannot write the rejected rows to {path}: {error.strerror}. Nothing was loaded"
        ) from error
    return path


def _rejected(judged: pl.DataFrame, texts: pl.DataFrame) -> Iterator[pl.DataFrame]:
    is_told = pl.col(REASON) != ERASED
    for reasons, told in zip(pieces_of(judged), pieces_of(texts), strict=True):
        rows = pl.concat([reasons, told], how="horizontal").filter(pl.col(REASON).is_not_null())
        yield rows.with_columns(pl.when(is_told).then(pl.col(texts.columns)))
