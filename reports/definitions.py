"""What a report's footer says about the numbers in it."""

from collections.abc import Iterable
from dataclasses import dataclass

from schema.errors import UsageError
from schema.metrics import METRICS

REGISTRY = {metric.name: metric for metric in METRICS}


@dataclass(frozen=True, slots=True)
class MetricDefinition:
    """One line of a footer; `definition` is plain text, to be escaped like any other."""

    name: str
    version: int
    unit: str
    definition: str


def define_metrics(names: Iterable[str]) -> tuple[MetricDefinition, ...]:
    """One line for each metric, in the order in which they are first named.

    Raises:
        UsageError: a name is not in the registry.
    """
    return tuple(_define(name) for name in dict.fromkeys(names))


def _define(name: str) -> MetricDefinition:
    metric = REGISTRY.get(name)
    if metric is None:
        raise UsageError(
            f"a report asks for the metric {name!r}, which the registry does not have: "
            "take a name from schema/metrics.py"
        )
    return MetricDefinition(metric.name, metric.version, metric.unit, metric.definition)
