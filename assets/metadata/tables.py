"""What Dagster shows of a table whatever the day: columns, rules, sources, code, metrics."""

import inspect
import linecache
import re
import warnings
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

import dagster as dg
import pandera.polars as pa
import polars as pl

from schema.markdown import markdown_table
from schema.metrics import metrics_of
from schema.tables.columns import ColumnSources, Contract, grain_of, polars_schema

METRIC_COLUMNS = ("name", "version", "unit", "definition", "absent when")
# How pandera's own rules read in a sentence.
LIMITS = {
    "greater_than_or_equal_to": "at least {min_value}",
    "less_than_or_equal_to": "at most {max_value}",
    "less_than": "less than {max_value}",
    "str_matches": "like {pattern}",
}
PARAMETER = re.compile(r"\b\w+=")
NO_SOURCES: ColumnSources = MappingProxyType({})


class Belonging(NamedTuple):
    """Where tables belong: group, owners, and what they are made with."""

    group: str
    owners: Sequence[str]
    kinds: set[str]


def column_schema(contract: type[Contract], sources: ColumnSources = NO_SOURCES) -> dg.TableSchema:
    """Columns with their types, units, meanings and rules; what is unique, and rules of rows.

    The meanings end with what a column is made of: the open-source UI draws no column lineage.
    """
    schema = contract.to_schema()
    grain = grain_of(contract)
    made_of = _made_of({str(name): sources.get(str(name), ()) for name in schema.columns})
    rules = [check for column in schema.columns.values() for check in column.checks or []]
    return dg.TableSchema(
        columns=[
            dg.TableColumn(
                name=str(name),
                type=_type_in_words(str(column.dtype)),
                description=f"{_meaning(column)}{made_of[str(name)]}",
                constraints=dg.TableColumnConstraints(
                    nullable=bool(column.nullable),
                    unique=grain == (name,),
                    other=[_in_words(check) for check in column.checks or [] if check.statistics],
                ),
                tags=column.metadata or {},
            )
            for name, column in schema.columns.items()
        ],
        constraints=dg.TableConstraints(
            other=[
                f"unique: {', '.join(grain)}",
                *(str(rule.error) for rule in rules if not rule.statistics),
            ]
        ),
    )


def _type_in_words(dtype: str) -> str:
    """A Polars type without the names of its parameters: `Decimal(10, 2)`, `Datetime(us, UTC)`."""
    return PARAMETER.sub("", dtype).replace("'", "")


def _meaning(column: pa.Column) -> str:
    """What a column says; its unit is shown beside it."""
    unit = (column.metadata or {}).get("unit")
    return (column.description or "").removesuffix(f" ({unit})")


def _made_of(sources: ColumnSources) -> dict[str, str]:
    """The source columns of each column in words; those of several tables are told once."""
    first_with: dict[str, str] = {}
    told = {}
    for name, columns in sources.items():
        words = _source_columns(columns)
        first = first_with.setdefault(words, name) if ";" in words else name
        words = words if first == name else f"the same as {first}"
        told[name] = f". Made of {words}" if words else ""
    return told


def _source_columns(names: Sequence[str]) -> str:
    """Table by table."""
    columns: dict[str, list[str]] = {}
    for table, column in sorted({tuple(name.rsplit(".", maxsplit=1)) for name in names}):
        columns.setdefault(table, []).append(column)
    return "; ".join(f"{table} ({', '.join(of_table)})" for table, of_table in columns.items())


def _in_words(check: pa.Check) -> str:
    """A rule about a column's own values."""
    facts = check.statistics or {}
    if check.name == "isin":
        return f"one of {', '.join(map(str, facts['allowed_values']))}"
    words = LIMITS.get(str(check.name))
    told = {name: f"{fact:,}" if isinstance(fact, int) else fact for name, fact in facts.items()}
    return words.format(**told) if words else str(check.error or check.name)


def column_lineage(sources: ColumnSources) -> dg.TableColumnLineage:
    """Which columns of which tables each column is made of."""
    return dg.TableColumnLineage(
        {
            column: [
                dg.TableColumnDep(*name.rsplit(".", maxsplit=1)) for name in sorted(set(names))
            ]
            for column, names in sources.items()
        }
    )


def table_metadata(contract: type[Contract], sources: ColumnSources = NO_SOURCES) -> dict[str, Any]:
    """Metadata of a table that does not change from day to day.

    `sources`: of each column that is made of columns of other tables, those, as `table.column`.
    """
    facts: dict[str, Any] = {
        "dagster/column_schema": column_schema(contract, sources),
        "dagster/code_references": _where_it_stands(contract),
    }
    return facts | ({"dagster/column_lineage": column_lineage(sources)} if sources else {})


def _where_it_stands(contract: type[Contract]) -> dg.CodeReferencesMetadataValue:
    """File and line of a contract, wherever this code is installed."""
    file = inspect.getfile(contract)
    # `inspect` parses the whole file for the line of a class.
    lines = linecache.getlines(file)
    number = next(n for n, line in enumerate(lines, 1) if line.startswith(_class_line(contract)))
    with warnings.catch_warnings():
        # Code references are marked beta.
        warnings.simplefilter("ignore", dg.BetaWarning)
        place = dg.LocalFileCodeReference(file_path=file, line_number=number, label="contract")
        return dg.CodeReferencesMetadataValue(code_references=[place])


def _class_line(contract: type[Contract]) -> str:
    return f"class {contract.__name__}("


def table_tags(contract: type[Contract]) -> dict[str, str]:
    """What tables are filtered by: whether they hold ids of accounts or posts."""
    has_ids = pl.Binary in polars_schema(contract).values()
    return {"personal_data": "pseudonymous_ids" if has_ids else "none"}


def metric_metadata(table: str) -> dict[str, Any]:
    """What the registry says about the numbers of a table, as Markdown."""
    rows = [
        (metric.name, str(metric.version), metric.unit, metric.definition, metric.absent_when)
        for metric in metrics_of(table)
    ]
    return {
        "metrics": dg.MetadataValue.md(markdown_table(METRIC_COLUMNS, rows)),
    }


def table_specs(
    contracts: Mapping[str, type[Contract]],
    belonging: Belonging,
    *,
    partitions: dg.DailyPartitionsDefinition,
    deps: Sequence[str | dg.AssetDep] = (),
    sources: Mapping[str, ColumnSources] = MappingProxyType({}),
) -> list[dg.AssetSpec]:
    """Describe tables that one step writes together; the contracts say what they are.

    `sources` has, per table, what its columns are made of.
    """
    return [
        dg.AssetSpec(
            table,
            deps=deps,
            description=contract.__doc__,
            group_name=belonging.group,
            owners=belonging.owners,
            kinds=belonging.kinds,
            tags=table_tags(contract),
            metadata=table_metadata(contract, sources.get(table, NO_SOURCES)),
            partitions_def=partitions,
        )
        for table, contract in contracts.items()
    ]
