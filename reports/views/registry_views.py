"""Views of what the code knows: metrics, their versions, and the views themselves."""

from collections.abc import Iterable, Sequence

from assets.resources.file_lists import literal
from reports.views.view import Column, View, constant_rows
from schema.metric_history import read_history
from schema.metrics import METRICS

METRIC_COLUMNS = (
    Column("metric_name", "VARCHAR", "the number, as `system_metrics` or a column calls it"),
    Column("table_name", "VARCHAR", "view that publishes it"),
    Column("version", "INTEGER", "rises when the same data would give another number"),
    Column("unit", "VARCHAR", "what it counts or measures"),
    Column("grain", "VARCHAR", "what has one number each"),
    Column("definition", "VARCHAR", "what it means; D is the day that it is about"),
    Column("absent_when", "VARCHAR", "when there is no row, and what that says"),
    Column("tags", "VARCHAR[]", "keys that tell the rows of a day apart"),
    Column("source", "VARCHAR[]", "tables that it is computed from"),
    Column("owner", "VARCHAR", "who answers for it"),
)
VERSION_COLUMNS = (
    Column("metric_name", "VARCHAR", "the number"),
    Column("version", "INTEGER", "which meaning"),
    Column("since", "DATE", "day from which on it is computed that way", "UTC day"),
    Column("unit", "VARCHAR", "its unit in that version"),
    Column("grain", "VARCHAR", "its grain in that version"),
    Column("definition", "VARCHAR", "what it meant in that version"),
    Column("retired", "DATE", "day on which it ceased to be computed; null if it is", "UTC day"),
)
COLUMN_COLUMNS = (
    Column("view_name", "VARCHAR", "the view"),
    Column("view_grain", "VARCHAR", "what has one row each in the view"),
    Column("view_description", "VARCHAR", "what the view shows"),
    Column("column_name", "VARCHAR", "the column"),
    Column("type", "VARCHAR", "its type"),
    Column("unit", "VARCHAR", "its unit; empty where it has none"),
    Column("meaning", "VARCHAR", "what it says"),
)


def registry_views() -> list[View]:
    """The registry of metrics, and what each version meant."""
    metrics = View(
        "metrics",
        "metric_name",
        "One row per published number: what it means, its unit, when it is absent.",
        METRIC_COLUMNS,
        _metrics,
    )
    versions = View(
        "metric_versions",
        "(metric_name, version)",
        "One row per meaning that a metric has or had.",
        VERSION_COLUMNS,
        _versions,
    )
    return [metrics, versions]


def view_of_columns(views: Sequence[View]) -> View:
    """The views and their columns as a view, for tools that show no comments."""
    described = (*views, View(*_ABOUT, COLUMN_COLUMNS, str))
    return View(*_ABOUT, COLUMN_COLUMNS, lambda: _columns(described))


_ABOUT = ("view_columns", "(view_name, column_name)", "One row per column of each view.")


def _metrics() -> str:
    rows = [
        (
            *map(literal, (metric.name, metric.table)),
            str(metric.version),
            *map(literal, (metric.unit, metric.grain, metric.definition, metric.absent_when)),
            *map(_list, (metric.tags, metric.source)),
            literal(metric.owner),
        )
        for metric in METRICS
    ]
    return constant_rows(METRIC_COLUMNS, rows)


def _versions() -> str:
    rows = [
        (
            literal(record.name),
            str(record.version),
            *map(literal, (str(record.since), record.unit, record.grain, record.definition)),
            literal(str(record.retired)) if record.retired else "NULL",
        )
        for record in read_history()
    ]
    return constant_rows(VERSION_COLUMNS, rows)


def _columns(views: Iterable[View]) -> str:
    rows = [
        tuple(
            map(
                literal,
                (
                    *(view.name, view.grain, view.description),
                    *(column.name, column.type, column.unit, column.meaning),
                ),
            )
        )
        for view in views
        for column in view.columns
    ]
    return constant_rows(COLUMN_COLUMNS, rows)


def _list(texts: Iterable[str]) -> str:
    return f"[{', '.join(map(literal, texts))}]"
