"""The lake's files against the contracts: the same columns, in the same types, in every file.

Values were checked before they were published; what can differ since is the contract. A nullable
column that a file of an older contract lacks is no difference: it is null in that file's rows.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date

import polars as pl

from assets.quality.findings import Finding
from assets.resources.lake import Lake
from assets.resources.parquet import columns_of
from schema.errors import CorruptPartitionError, MissingPartitionError
from schema.tables.columns import Contract, nullable_columns, polars_schema
from schema.windows import DayRange

CHECK = "contract"


def verify_columns(
    lake: Lake, contracts: Mapping[str, type[Contract]], days: DayRange
) -> list[Finding]:
    """Compare each file's columns with its table's contract, by the file's footer alone.

    One alarming finding per day that differs; per table, one quiet finding that counts its rows.
    Files that are missing or damaged are for `verify_lake_files` to tell.
    """
    return [
        finding
        for table, contract in contracts.items()
        for finding in _verify_table(lake, table, contract, days)
    ]


def count_accepted(
    lake: Lake, table: str, days: DayRange, findings: Sequence[Finding]
) -> dict[str, int]:
    """Rows that the days were published with, and which of them lie there as the contract has it.

    `rows_rejected` are those of days whose files are gone, damaged, or under another contract.
    """
    read = sum(_rows(lake, table, day) for day in days)
    accepted = sum(found.compared for found in findings if found.subject == table)
    return {"rows_read": read, "rows_accepted": accepted, "rows_rejected": read - accepted}


def _verify_table(
    lake: Lake, table: str, contract: type[Contract], days: DayRange
) -> Iterator[Finding]:
    expected = {name: dtype for name, dtype in polars_schema(contract).items() if name != "date"}
    nullable = nullable_columns(contract)
    unpublished = set(lake.missing_days(table, days))
    accepted = 0
    for day in days:
        if day in unpublished or not lake.is_intact(table, day):
            continue
        try:
            differing = _differing(lake, table, day, expected, nullable)
        # Damage that leaves the size as it was, or a run that replaces the day just now.
        except (pl.exceptions.PolarsError, OSError, CorruptPartitionError, MissingPartitionError):
            yield _unreadable(table, day)
            continue
        if differing:
            yield _describe(table, day, differing)
        else:
            accepted += _rows(lake, table, day)
    yield Finding(CHECK, table, compared=accepted)


def _differing(
    lake: Lake,
    table: str,
    day: date,
    expected: Mapping[str, pl.DataType],
    nullable: Collection[str],
) -> str:
    """What the first file that differs has, in words; nothing where all are alike."""
    for path in lake.files(table, [day]):
        found = columns_of(path)
        names = [
            name
            for name in {**expected, **found}
            if found.get(name) != expected.get(name) and (name in found or name not in nullable)
        ]
        if names:
            return ", ".join(
                f"{name} is {found.get(name, 'missing')} and not {expected.get(name, 'there')}"
                for name in names
            )
    return ""


def _rows(lake: Lake, table: str, day: date) -> int:
    try:
        manifest = lake.manifest(table, day)
    except CorruptPartitionError:
        return 0
    return manifest.rows if manifest else 0


def _describe(table: str, day: date, differing: str) -> Finding:
    return _alarm(
        f"{table}: other columns than its contract",
        table,
        day,
        f"{table} of {day} was published under another contract ({differing}): "
        f"run `sociallive run --date {day}` to publish the day under this one",
    )


def _unreadable(table: str, day: date) -> Finding:
    return _alarm(
        f"{table}: its columns cannot be read",
        table,
        day,
        f"{table} of {day}: its columns cannot be read: unless the day was being published just "
        f"then, run `sociallive run --date {day}` to publish it anew",
    )


def _alarm(subject: str, table: str, day: date, advice: str) -> Finding:
    return Finding(
        check=CHECK,
        subject=subject,
        day=day,
        compared=1,
        differing=1,
        unexplained=1,
        examples=(f"{table}/date={day}",),
        advice=advice,
    )
