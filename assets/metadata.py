"""What Dagster shows of a table: its columns from the contract, its figures per partition."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import dagster as dg

from assets.resources.manifest import Manifest
from schema.errors import DatabaseUnavailableError, PartitionLockedError, PipelineError
from schema.markdown import markdown_table
from schema.metrics import metric_versions, metrics_of
from schema.tables.columns import Contract

METRIC_COLUMNS = ("name", "version", "unit", "definition", "absent when")
TRANSIENT = (DatabaseUnavailableError, PartitionLockedError)


def column_schema(contract: type[Contract]) -> dg.TableSchema:
    """Columns with their types, meanings and rules."""
    schema = contract.to_schema()
    return dg.TableSchema(
        columns=[
            dg.TableColumn(
                name=str(name),
                type=str(column.dtype),
                description=column.description,
                constraints=dg.TableColumnConstraints(
                    nullable=bool(column.nullable),
                    other=[str(check.error or check.name) for check in column.checks or []],
                ),
            )
            for name, column in schema.columns.items()
        ]
    )


def table_metadata(contract: type[Contract]) -> dict[str, Any]:
    """Metadata of a table that does not change from day to day."""
    return {"dagster/column_schema": column_schema(contract)}


def metric_metadata(table: str) -> dict[str, Any]:
    """What the registry says about the numbers of a table, and the versions that the code computes.

    `metrics`: a Markdown table. `metric_versions`: name to version.
    """
    rows = [
        (metric.name, str(metric.version), metric.unit, metric.definition, metric.absent_when)
        for metric in metrics_of(table)
    ]
    return {
        "metrics": dg.MetadataValue.md(markdown_table(METRIC_COLUMNS, rows)),
        "metric_versions": dg.MetadataValue.json(metric_versions(table)),
    }


def table_specs(
    contracts: Mapping[str, type[Contract]],
    *,
    partitions: dg.DailyPartitionsDefinition,
    group: str,
    owners: Sequence[str],
    kinds: set[str],
    deps: Sequence[str | dg.AssetDep] = (),
) -> list[dg.AssetSpec]:
    """Describe tables that one step writes together; the contracts say what they are."""
    return [
        dg.AssetSpec(
            table,
            deps=deps,
            description=contract.__doc__,
            group_name=group,
            owners=owners,
            kinds=kinds,
            metadata=table_metadata(contract),
            partitions_def=partitions,
        )
        for table, contract in contracts.items()
    ]


def note_partition(
    context: dg.AssetExecutionContext, manifest: Manifest, *, asked: bool, **more: int
) -> None:
    """Attach a day's figures to its materialization; a day of history has one of its own."""
    facts: dict[str, Any] = more | {
        "dagster/partition_row_count": manifest.rows,
        "size_bytes": manifest.size_bytes,
    }
    if manifest.is_final is not None:
        facts["is_final"] = manifest.is_final
    if manifest.extraction:
        facts["taken_at"] = manifest.extraction.taken_at.isoformat(timespec="seconds")
    day = manifest.day.isoformat()
    if asked:
        context.add_asset_metadata(facts, asset_key=manifest.table, partition_key=day)
    else:
        context.log_event(dg.AssetMaterialization(manifest.table, metadata=facts, partition=day))


@contextmanager
def clear_failures() -> Iterator[None]:
    """Show a refusal of ours as its one sentence; what may pass by itself may be retried."""
    try:
        yield
    except PipelineError as error:
        raise dg.Failure(
            description=str(error), allow_retries=isinstance(error, TRANSIENT)
        ) from error
