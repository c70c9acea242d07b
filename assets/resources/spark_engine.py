"""Apache Spark as an engine: its workers read the lake's files, and results come back by Arrow."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import narwhals as nw
import polars as pl
import pyarrow as pa

from assets.resources.lazy_frames import LazyFrame, empty_partition, scanned_columns
from assets.resources.parquet import count_lacking
from assets.resources.spark_failures import clear_spark_failures
from assets.resources.spark_session import spark_session
from assets.resources.spark_url import SparkUrl
from schema.tables.columns import Contract

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

DAY_FOLDER = "date="


@dataclass(frozen=True, slots=True)
class SparkEngine:
    """Spark; a cluster's workers must see the lake under the same path as this machine."""

    url: SparkUrl
    scratch: Path

    def scan(self, files: Sequence[Path], contract: type[Contract]) -> LazyFrame:
        """Rows of hive-partitioned files with their `date`; of no files, no rows."""
        nothing = self.lazy(empty_partition(contract))
        if not files:
            return nothing
        # Spark would fill any column that a file lacks with nulls.
        count_lacking(files, contract)
        # `__globPaths__`: names are taken as they are, whatever brackets are in them.
        reader = self._session().read.options(
            basePath=f"file:{_table_folder(files[0])}", __globPaths__="false"
        )
        paths = [f"file:{path}" for path in files]
        rows: LazyFrame = nw.from_native(reader.schema(nothing.to_native().schema).parquet(*paths))
        return rows.select(*scanned_columns(contract))

    def lazy(self, frame: pl.DataFrame) -> LazyFrame:
        """A frame in memory as a frame of this engine."""
        return _on(self._session(), frame)

    def _session(self) -> "SparkSession":
        return spark_session(self.url, self.scratch)


def beside_on_spark(other: LazyFrame, frame: pl.DataFrame) -> LazyFrame:
    """A frame in memory as a frame of the Spark that has the other one."""
    return _on(other.to_native().sparkSession, frame)


def _on(session: "SparkSession", frame: pl.DataFrame) -> LazyFrame:
    table = frame.to_arrow()
    schema = pa.schema([_plain(column) for column in table.schema])
    if table.num_rows == 0:
        # Spark Connect has no types where there are no rows.
        nothing = pa.table([pa.nulls(1, column.type) for column in schema], schema=schema)
        native = session.createDataFrame(nothing).limit(0)
    else:
        native = session.createDataFrame(table.cast(schema))
    rows: LazyFrame = nw.from_native(native)
    return rows


def run_on_spark(frame: LazyFrame) -> pl.DataFrame:
    """Compute a frame and bring its rows here.

    Raises:
        EngineUnavailableError: no worker is left, or Spark does not answer.
    """
    with clear_spark_failures(frame):
        rows = pl.from_arrow(frame.to_native().toArrow())
    assert isinstance(rows, pl.DataFrame)  # noqa: S101  # a table is one
    return rows


def _table_folder(file: Path) -> Path:
    """The folder above the day's: what stands above it says nothing about the rows."""
    day = next(folder for folder in file.parents if folder.name.startswith(DAY_FOLDER))
    return day.parent


def _plain(column: pa.Field) -> pa.Field:
    """The type that Spark has for an Arrow type; counts of Polars are unsigned."""
    if pa.types.is_large_string(column.type) or pa.types.is_dictionary(column.type):
        return column.with_type(pa.string())
    if pa.types.is_large_binary(column.type):
        return column.with_type(pa.binary())
    if pa.types.is_unsigned_integer(column.type):
        return column.with_type(pa.int64())
    return column
