"""What Dagster shows of a partition: rows, bytes, span, finality, speed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from time import perf_counter
from types import MappingProxyType
from typing import Any

import dagster as dg

from assets.resources.manifest import Manifest
from schema.windows import DayRange


@dataclass
class Stopwatch:
    """Seconds of a step's work, from one publication to the next."""

    since: float = field(default_factory=perf_counter)

    def lap(self) -> float:
        """Seconds since the last time, or since the start."""
        before, self.since = self.since, perf_counter()
        return self.since - before


def note_publication(
    context: dg.AssetExecutionContext,
    manifests: Sequence[Manifest],
    stopwatch: Stopwatch,
    *,
    asked: DayRange,
    restated: Mapping[date, int] | None = None,
) -> None:
    """Attach to each partition its figures; days that were computed together share the time."""
    seconds = stopwatch.lap() / max(1, len({manifest.day for manifest in manifests}))
    for manifest in manifests:
        more = {} if restated is None else {"restated_numbers": restated.get(manifest.day, 0)}
        note_partition(context, manifest, asked=manifest.day in asked, seconds=seconds, more=more)


def note_partition(
    context: dg.AssetExecutionContext,
    manifest: Manifest,
    *,
    asked: bool,
    seconds: float | None = None,
    more: Mapping[str, int] = MappingProxyType({}),
) -> None:
    """Attach a day's figures to its materialization; a day of history has one of its own."""
    facts = {**partition_facts(manifest, seconds), **more}
    day = manifest.day.isoformat()
    if asked:
        context.add_asset_metadata(facts, asset_key=manifest.table, partition_key=day)
    else:
        context.log_event(dg.AssetMaterialization(manifest.table, metadata=facts, partition=day))


def partition_facts(manifest: Manifest, seconds: float | None) -> dict[str, Any]:
    """Rows, bytes, span, finality and speed of one partition; `seconds`: what computing it took."""
    extraction = manifest.extraction
    took = extraction.seconds if extraction else seconds
    facts: dict[str, Any] = {
        "dagster/partition_row_count": manifest.rows,
        "size_bytes": manifest.size_bytes,
        "first_at": manifest.first_at,
        "last_at": manifest.last_at,
        "is_final": manifest.is_final,
        "taken_at": extraction.taken_at.isoformat(timespec="seconds") if extraction else None,
        "seconds": took and round(took, 3),
        "rows_per_second": int(manifest.rows / took) if took else None,
    }
    return {name: value for name, value in facts.items() if value is not None}
