"""The lake's files against the manifests that published them."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from assets.quality.findings import Finding
from assets.resources.inspection import Damage, Defect, inspect_partition
from assets.resources.lake import Lake
from schema.windows import DayRange

CHECK = "lake_files"


def verify_lake_files(
    lake: Lake, tables: Iterable[str], days: DayRange, *, with_digests: bool
) -> list[Finding]:
    """Look for files that are missing, truncated, changed or not published at all.

    One alarming finding per damaged file; per table, one quiet finding that counts its sound
    partitions. Without digests, only names and sizes are compared: a change that keeps the size is
    not seen. A publication that is going on may show as a stray file.
    """
    return [
        finding
        for table in tables
        for finding in _verify_table(lake, table, days, with_digests=with_digests)
    ]


def _verify_table(
    lake: Lake, table: str, days: DayRange, *, with_digests: bool
) -> Iterator[Finding]:
    unpublished = set(lake.missing_days(table, days))
    sound = 0
    for day in days:
        damages = inspect_partition(lake, table, day, with_digests=with_digests)
        yield from (describe_damage(damage, lake.root) for damage in damages)
        sound += not damages and day not in unpublished
    yield Finding(CHECK, table, compared=sound)


def describe_damage(damage: Damage, root: Path) -> Finding:
    """Name table, day, path and defect in one finding."""
    remedy = "remove it, or " if damage.defect is Defect.STRAY else ""
    return Finding(
        check=CHECK,
        subject=f"{damage.table}: {damage.defect}",
        day=damage.day,
        compared=1,
        differing=1,
        unexplained=1,
        examples=(str(damage.path.relative_to(root)),),
        advice=(
            f"{damage.path} is damaged ({damage.defect}: {damage.evidence}): {remedy}"
            f"run `sociallive run --date {damage.day}` to publish the day anew"
        ),
    )
