"""What a load did, and the files of the rows that it set aside."""

import os
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from assets.seeding.load.erased import ERASED
from assets.seeding.load.parsing import REASON, ROW
from schema.errors import StorageError
from schema.windows import DayRange


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
    days: DayRange | None


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
    reasons = judged.select(ROW, REASON)
    told = texts.select(pl.when(pl.lit(judged[REASON]) != ERASED).then(pl.all()))
    rejected = pl.concat([reasons, told], how="horizontal").filter(pl.col(REASON).is_not_null())
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if rejected.is_empty():
            path.unlink(missing_ok=True)
            return None
        with path.with_suffix(".part").open("wb") as file:
            rejected.write_csv(file)
            file.flush()
            os.fsync(file.fileno())
        path.with_suffix(".part").replace(path)
    except OSError as error:
        raise StorageError(
            f"cannot write the rejected rows to {path}: {error.strerror}. Nothing was loaded"
        ) from error
    return path
