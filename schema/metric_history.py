"""What each version of each metric meant, and whether the registry still agrees with that."""

import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from importlib import resources
from itertools import pairwise

from schema.metric import Metric

FILE = "metric_versions.toml"
RECORDED = ("unit", "grain", "definition")


@dataclass(frozen=True, slots=True)
class MetricVersion:
    """One record of the history: a metric as it was computed from the day `since` on.

    `retired` is the day on which its last version ceased to be computed.
    """

    name: str
    version: int
    since: date
    unit: str
    grain: str
    definition: str
    retired: date | None = None


def read_history() -> tuple[MetricVersion, ...]:
    """All records of `schema/metric_versions.toml`, in its order."""
    text = (resources.files("schema") / FILE).read_text(encoding="utf-8")
    return tuple(
        MetricVersion(name, **record)
        for name, records in tomllib.loads(text).items()
        for record in records
    )


def find_contradictions(
    metrics: Iterable[Metric], history: Iterable[MetricVersion]
) -> Iterator[str]:
    """Sentences that say where registry and history disagree, and what to do; none is well."""
    registry = {metric.name: metric for metric in metrics}
    recorded: dict[str, list[MetricVersion]] = {name: [] for name in registry}
    for record in history:
        recorded.setdefault(record.name, []).append(record)
    for name, records in recorded.items():
        yield from _disorder(name, records)
        yield from _disagreement(name, registry.get(name), records)


def _disorder(name: str, records: list[MetricVersion]) -> Iterator[str]:
    numbers = [record.version for record in records]
    if numbers != list(range(1, len(numbers) + 1)):
        yield f"{name}: {FILE} has versions {numbers}: number them 1, 2, 3 without a gap"
    if any(earlier.since >= later.since for earlier, later in pairwise(records)):
        yield f"{name}: {FILE} has dates that do not rise: a version begins after the one before"


def _disagreement(name: str, metric: Metric | None, records: list[MetricVersion]) -> Iterator[str]:
    newest = records[-1] if records else None
    is_retired = newest is not None and newest.retired is not None
    if metric is None:
        if not is_retired:
            yield f"{name} left the registry: give its last record in {FILE} a date `retired`"
    elif newest is None or newest.version != metric.version:
        yield f"{name}: version {metric.version} is not the newest in {FILE}: add its record"
    elif is_retired:
        yield f"{name} is retired in {FILE} but in the registry: take it out of one of them"
    else:
        changed = [field for field in RECORDED if getattr(metric, field) != getattr(newest, field)]
        if changed:
            yield (
                f"{name}: {', '.join(changed)} differs from the record of version "
                f"{metric.version} in {FILE}: raise the version and add its record"
            )
