"""The page about all metrics, made from the registry: `python -m schema.metric_reference`."""

import sys
from collections.abc import Iterable

from schema.errors import UsageError
from schema.markdown import markdown_table
from schema.metric import KEYS, Metric
from schema.metric_history import MetricVersion, find_contradictions, read_history
from schema.metrics import METRICS

INTRODUCTION = """\
# Metrics

Every number that the pipeline publishes. Made from `schema/metrics.py` and
`schema/metric_versions.toml` by `make docs`: change those, not this page.

Days are UTC calendar days; D is the day that a number is about. A metric has one number for each
combination of the columns of its grain.
"""
VERSIONS = """\
## Versions

What each version meant, and since which day it is computed that way, newest first. A published day
keeps the version it was computed with: `pipeline.series_breaks` in PostgreSQL lists the days on
which a series goes over to another one.
"""
METRIC_COLUMNS = (
    *("metric", "version", "unit", "grain", "definition", "absent when", "tags", "source"),
    "owner",
)
VERSION_COLUMNS = ("since", "metric", "version", "unit", "grain", "definition", "retired")


def render_reference(metrics: Iterable[Metric], history: Iterable[MetricVersion]) -> str:
    """The whole page.

    Raises:
        UsageError: registry and history contradict each other.
    """
    metrics, history = list(metrics), list(history)
    contradictions = list(find_contradictions(metrics, history))
    if contradictions:
        raise UsageError("; ".join(contradictions))
    newest_first = sorted(history, key=lambda record: record.since, reverse=True)
    versions = markdown_table(VERSION_COLUMNS, map(_version_row, newest_first))
    tables = [_table_section(table, metrics) for table in KEYS]
    return "\n".join([INTRODUCTION, *tables, VERSIONS, versions])


def _table_section(table: str, metrics: Iterable[Metric]) -> str:
    rows = [_metric_row(metric) for metric in metrics if metric.table == table]
    return f"## {table}\n\n{markdown_table(METRIC_COLUMNS, rows)}"


def _metric_row(metric: Metric) -> list[str]:
    return [
        metric.name,
        str(metric.version),
        metric.unit,
        metric.grain,
        metric.definition,
        metric.absent_when,
        ", ".join(metric.tags),
        ", ".join(metric.source),
        metric.owner,
    ]


def _version_row(record: MetricVersion) -> list[str]:
    return [
        str(record.since),
        record.name,
        str(record.version),
        record.unit,
        record.grain,
        record.definition,
        str(record.retired or ""),
    ]


def main() -> None:
    """Print the page."""
    sys.stdout.write(render_reference(METRICS, read_history()))


if __name__ == "__main__":
    main()
