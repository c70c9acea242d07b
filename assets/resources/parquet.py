"""Parquet files of the lake: streamed in and out, fsynced, with their digest."""

import errno
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from assets.resources.durable_files import fsync_path
from assets.resources.manifest import DataFile, sha256_of
from schema.errors import CorruptPartitionError, StorageError
from schema.tables.columns import Contract, nullable_columns, polars_schema
from schema.windows import DayRange

# A day's file holds row groups of this size: small enough to prune, large enough to compress.
ROW_GROUP_ROWS = 131_072
# When a row happened; of tables of deletions, the second.
MOMENTS = ("created_at", "deleted_at")
NO_SPACE = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def write_parquet(path: Path, batches: Iterable[pl.DataFrame]) -> list[DataFile]:
    """Stream frames into one zstd file; no rows, no file."""
    writer: pq.ParquetWriter | None = None
    rows = 0
    try:
        for batch in batches:
            if batch.is_empty():
                continue
            table = batch.to_arrow(compat_level=pl.CompatLevel.oldest())
            writer = writer or pq.ParquetWriter(path, _plain(table.schema), compression="zstd")
            writer.write_table(table.cast(_plain(table.schema)), row_group_size=ROW_GROUP_ROWS)
            rows += batch.height
    finally:
        if writer is not None:
            writer.close()
    return [_finish(path, rows)] if writer is not None else []


def in_row_groups(batches: Iterable[pl.DataFrame]) -> Iterator[pl.DataFrame]:
    """The same rows in frames of a row group each: files do not tell how their rows came."""
    kept: list[pl.DataFrame] = []
    for batch in batches:
        kept.append(batch)
        while sum(rows.height for rows in kept) >= ROW_GROUP_ROWS:
            together = pl.concat(kept, rechunk=True)
            yield together.head(ROW_GROUP_ROWS)
            kept = [together.slice(ROW_GROUP_ROWS)]
    yield from (pl.concat(kept, rechunk=True),) if kept else ()


def _plain(schema: pa.Schema) -> pa.Schema:
    """Ordinary strings and binaries: the types that every engine's Parquet reader knows."""
    plain = {pa.large_string(): pa.string(), pa.large_binary(): pa.binary()}
    return pa.schema([field.with_type(plain.get(field.type, field.type)) for field in schema])


def _finish(path: Path, rows: int) -> DataFile:
    fsync_path(path)
    return DataFile(path.name, rows, path.stat().st_size, sha256_of(path), *_span(path))


def _span(path: Path) -> tuple[str, str] | tuple[()]:
    """First and last moment of the rows, from the file's statistics; nothing without any."""
    facts = pq.read_metadata(path)
    names = [facts.schema.column(place).name for place in range(facts.num_columns)]
    moment = next((name for name in MOMENTS if name in names), None)
    if moment is None:
        return ()
    groups = [
        facts.row_group(n).column(names.index(moment)).statistics
        for n in range(facts.num_row_groups)
    ]
    known = [group for group in groups if group is not None and group.has_min_max]
    if not known:
        return ()
    first, last = min(group.min for group in known), max(group.max for group in known)
    return first.isoformat(), last.isoformat()


def read_batches(paths: Iterable[Path]) -> Iterator[pl.DataFrame]:
    """Stream the rows of files, a row group or less at a time."""
    for path in paths:
        rows = pl.scan_parquet(path, glob=False, hive_partitioning=False)
        for first in range(0, pq.read_metadata(path).num_rows, ROW_GROUP_ROWS):
            # Polars decodes a row group with all cores, at a third of the cost of Arrow's batches.
            yield rows.slice(first, ROW_GROUP_ROWS).collect()


def columns_of(path: Path) -> pl.Schema:
    """Columns of a file, by its footer; its name is taken as it is, whatever brackets it has."""
    return pl.scan_parquet(path, glob=False, hive_partitioning=False).collect_schema()


def scan_files(paths: Sequence[Path], *, include_file_paths: str | None = None) -> pl.LazyFrame:
    """Rows of files of any version: a column that some of them lack is null in their rows."""
    columns = {name: dtype for path in paths for name, dtype in columns_of(path).items()}
    return pl.scan_parquet(
        list(paths),
        schema=columns,
        include_file_paths=include_file_paths,
        hive_partitioning=False,
        glob=False,
        extra_columns="ignore",
        missing_columns="insert",
    )


def count_lacking(paths: Iterable[Path], contract: type[Contract]) -> Counter[str]:
    """Nullable columns that files of an older contract lack, and how many files lack each.

    A file that cannot be read lacks nothing: whoever reads its rows tells.

    Raises:
        CorruptPartitionError: a file lacks a column that has a value in every row.
    """
    wanted, nullable = polars_schema(contract).keys() - {"date"}, nullable_columns(contract)
    counted: Counter[str] = Counter()
    for path in paths:
        with suppress(pa.ArrowInvalid, OSError):
            lacking = wanted - set(pq.read_schema(path).names)
            if lacking - nullable:
                raise CorruptPartitionError(
                    f"{path} lacks {', '.join(sorted(lacking - nullable))}: run the day again or, "
                    "where PostgreSQL has lost its rows, make that nullable in the contract"
                )
            counted.update(lacking)
    return counted


def read_window(
    paths: Iterable[Path], days: DayRange, *, time: str, columns: list[str]
) -> Iterator[pl.DataFrame]:
    """Stream the rows of some days, out of the row groups that can hold them."""
    is_of_days = (pl.col(time) >= days.start) & (pl.col(time) < days.end)
    for path in paths:
        with pq.ParquetFile(path) as file:
            groups = [n for n in range(file.num_row_groups) if _overlaps(file, n, days, time)]
            # Without the list of groups all of them would be read.
            for batch in file.iter_batches(ROW_GROUP_ROWS, groups, columns) if groups else ():
                yield pl.DataFrame(batch).filter(is_of_days)


def _overlaps(file: pq.ParquetFile, group: int, days: DayRange, time: str) -> bool:
    column = file.schema_arrow.get_field_index(time)
    statistics = file.metadata.row_group(group).column(column).statistics
    if statistics is None or not statistics.has_min_max:
        return True
    first, last = statistics.min, statistics.max
    return bool(first < days.end and last >= days.start)


@contextmanager
def refuse_unwritable(path: Path) -> Iterator[None]:
    """Turn a full or read-only disk into a sentence that says what to do."""
    try:
        yield
    except OSError as error:
        full = error.errno in NO_SPACE or "No space left" in str(error)
        reason = (
            "the disk is full: free some space" if full else f"it cannot be written ({error}): mend"
        )
        raise StorageError(
            f"{path}: {reason} and run the day again; what was published before is untouched"
        ) from error
