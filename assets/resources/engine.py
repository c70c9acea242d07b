"""Engines that run the transformations over the lake's published files: DuckDB, Polars or Spark."""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Protocol

import duckdb
import narwhals as nw
import polars as pl

from assets.resources.lazy_frames import LazyFrame, empty_partition, scanned_columns
from assets.resources.parquet import ROW_GROUP_ROWS, count_lacking
from assets.resources.spark_engine import SparkEngine, beside_on_spark, run_on_spark
from assets.resources.spark_url import LOCAL_SPARK, SparkUrl
from schema.errors import PartitionLockedError, UsageError
from schema.tables.columns import Contract, conform

# What DuckDB, and what both say of a file that is not there.
GONE = ("No files found", "No such file or directory")


class EngineName(StrEnum):
    """Engines a user can choose."""

    DUCKDB = "duckdb"
    POLARS = "polars"
    SPARK = "spark"


class Engine(Protocol):
    """Reads Parquet files lazily; every transformation is written once, in Narwhals."""

    def scan(self, files: Sequence[Path], contract: type[Contract]) -> LazyFrame:
        """Rows of hive-partitioned files with their `date`; of no files, no rows.

        A nullable column that files of an older contract lack is null in their rows.

        Raises:
            CorruptPartitionError: a file lacks another column.
        """
        ...

    def lazy(self, frame: pl.DataFrame) -> LazyFrame:
        """A frame in memory as a frame of this engine."""
        ...


@dataclass(frozen=True, slots=True)
class PolarsEngine:
    """Polars' streaming engine."""

    def scan(self, files: Sequence[Path], contract: type[Contract]) -> LazyFrame:
        """Rows of hive-partitioned files with their `date`; of no files, no rows."""
        if not files:
            return self.lazy(empty_partition(contract))
        rows = pl.scan_parquet(
            list(files),
            schema=empty_partition(contract).schema if count_lacking(files, contract) else None,
            hive_partitioning=True,
            glob=False,
            missing_columns="insert",
            extra_columns="ignore",
        )
        return nw.from_native(rows).select(*scanned_columns(contract))

    def lazy(self, frame: pl.DataFrame) -> LazyFrame:
        """A frame in memory as a frame of this engine."""
        return nw.from_native(frame.lazy())


@dataclass(frozen=True, slots=True)
class DuckDBEngine:
    """DuckDB, spilling to disk beyond its memory limit."""

    scratch: Path = field(default_factory=lambda: Path(tempfile.gettempdir()))
    connection: duckdb.DuckDBPyConnection = field(default_factory=duckdb.connect)

    def __post_init__(self) -> None:
        """Pin the session to UTC and to files that are there: nothing is ever downloaded."""
        self.connection.execute("SET temp_directory = $folder", {"folder": str(self.scratch)})
        self.connection.execute("SET TimeZone = 'UTC'")
        self.connection.execute("SET autoinstall_known_extensions = false")

    def scan(self, files: Sequence[Path], contract: type[Contract]) -> LazyFrame:
        """Rows of hive-partitioned files with their `date`; of no files, no rows."""
        if not files:
            return self.lazy(empty_partition(contract))
        lacking = count_lacking(files, contract)
        relation = self.connection.read_parquet(
            [str(file) for file in files], hive_partitioning=True, union_by_name=bool(lacking)
        )
        types = nw.from_native(empty_partition(contract)).schema
        columns = [
            nw.lit(None, types[name]).alias(name) if lacking[name] == len(files) else nw.col(name)
            for name in scanned_columns(contract)
        ]
        return nw.from_native(relation).select(*columns)

    def lazy(self, frame: pl.DataFrame) -> LazyFrame:
        """A frame in memory as a frame of this engine."""
        return nw.from_native(self.connection.from_arrow(frame.to_arrow()))


def open_engine(name: str, *, scratch: Path | None = None, spark: SparkUrl = LOCAL_SPARK) -> Engine:
    """Open the engine of that name; what does not fit in memory goes to the scratch folder.

    Spark starts when it is first needed.

    Raises:
        UsageError: there is no such engine.
    """
    folder = scratch or Path(tempfile.gettempdir())
    match name:
        case EngineName.DUCKDB:
            return DuckDBEngine(folder)
        case EngineName.POLARS:
            return PolarsEngine()
        case EngineName.SPARK:
            return SparkEngine(spark, folder)
    choices = ", ".join(EngineName)
    raise UsageError(f"there is no engine {name!r}: set SOCIALLIVE_ENGINE to one of {choices}")


def beside(other: LazyFrame, frame: pl.DataFrame) -> LazyFrame:
    """A frame in memory as a frame of the engine that has the other one, which can be joined to it.

    Relations of two DuckDB connections cannot be.
    """
    if other.implementation.is_spark_like():
        return beside_on_spark(other, frame)
    native = other.to_native()
    if isinstance(native, duckdb.DuckDBPyRelation):
        # DuckDB finds the variable by its name, on the connection of the other.
        return nw.from_native(native.query("other", "SELECT * FROM frame"))
    return nw.from_native(frame.lazy())


def collect(frame: LazyFrame, contract: type[Contract]) -> pl.DataFrame:
    """Run a transformation and give its result the contract's exact types."""
    return conform(run(frame), contract)


def run(frame: LazyFrame) -> pl.DataFrame:
    """Run a transformation on its engine, streaming where the engine has to be asked for it.

    Raises:
        EngineUnavailableError: Spark has no worker any more, or does not answer.
        PartitionLockedError: another run has replaced a file that the frame reads.
    """
    if frame.implementation.is_spark_like():
        return run_on_spark(frame)
    native = frame.to_native()
    with _replaced_files_told():
        rows: pl.DataFrame = (
            native.collect(engine="streaming")
            if isinstance(native, pl.LazyFrame)
            else frame.collect("polars").to_native()
        )
    return rows


def run_in_batches(frame: LazyFrame) -> Iterator[pl.DataFrame]:
    """Run a transformation and yield its rows in their order, a row group or less at a time.

    What DuckDB has not handed out stays with it, on disk where it does not fit in memory. Until
    all is handed out, the engine must not be asked for anything else.

    Raises:
        EngineUnavailableError: Spark has no worker any more, or does not answer.
        PartitionLockedError: another run has replaced a file that the frame reads.
    """
    native = frame.to_native()
    if isinstance(native, duckdb.DuckDBPyRelation):
        with _replaced_files_told():
            yield from (pl.DataFrame(batch) for batch in native.to_arrow_reader(ROW_GROUP_ROWS))
    else:
        yield from run(frame).iter_slices(ROW_GROUP_ROWS)


@contextmanager
def _replaced_files_told() -> Iterator[None]:
    """Tell that a file has gone since its day's manifest named it, and nothing else."""
    try:
        yield
    # What goes wrong while DuckDB hands out rows comes through Arrow, as an OSError.
    except (duckdb.IOException, OSError) as error:
        said = str(error).splitlines()[0]
        if ".parquet" not in said or not any(sign in said for sign in GONE):
            raise
        raise PartitionLockedError(
            f"a file of the lake was replaced while it was read ({said}): another run publishes "
            "this day; run again"
        ) from error
