"""What Dagster shows of tables, of their partitions, and of what fails."""

from assets.metadata.failures import PATIENT, clear_failures
from assets.metadata.figures import Stopwatch, note_partition, note_publication, partition_facts
from assets.metadata.tables import (
    Belonging,
    column_lineage,
    column_schema,
    metric_metadata,
    table_metadata,
    table_specs,
    table_tags,
)

__all__ = [
    "PATIENT",
    "Belonging",
    "Stopwatch",
    "clear_failures",
    "column_lineage",
    "column_schema",
    "metric_metadata",
    "note_partition",
    "note_publication",
    "partition_facts",
    "table_metadata",
    "table_specs",
    "table_tags",
]
