"""The books of publications: the ledger in PostgreSQL against the manifests of the lake."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeAlias

import psycopg
from psycopg.rows import class_row

from assets.quality.findings import Finding
from assets.resources.lake import Lake
from assets.resources.manifest import Manifest
from assets.resources.postgres import Postgres, Role
from schema.errors import CorruptPartitionError
from schema.sql import load_sql
from schema.windows import EARLIEST_DAY, LATEST_DAY, DayRange

CHECK = "books"
BEING_WRITTEN = "being written"
LOST = "published in the ledger, missing in the lake"
# What a day that was asked for has, and one that was only looked back on has not.
NUMBERS = "user_analytics"
ALL_DAYS = DayRange(EARLIEST_DAY, LATEST_DAY)

Key: TypeAlias = tuple[str, date]


@dataclass(frozen=True, slots=True)
class Booking:
    """One partition in the ledger; `load_id` is None before its first publication."""

    table_name: str
    partition_date: date
    load_id: str | None
    row_count: int | None
    is_held: bool


@dataclass(frozen=True, slots=True)
class Discrepancy:
    """A partition of which ledger and lake say different things."""

    table: str
    day: date
    statement: str
    is_held: bool


def compare_books(
    postgres: Postgres, lake: Lake, tables: Sequence[str], days: DayRange
) -> list[Finding]:
    """Compare what ledger and lake say was published: presence, load and number of rows.

    A difference is looked at twice, since a publication may fall between the two looks; one of a
    partition that a run holds is explained. A partition with an unreadable manifest is left to
    `verify_lake_files`.

    Raises:
        DatabaseUnavailableError: the ledger cannot be read.
    """
    with postgres.session(Role.READER, autocommit=True) as connection:
        compared, found = _compare_twice(connection, lake, tables, days)
    agreed = {table: compared.count(table) for table in tables}
    for discrepancy in found:
        agreed[discrepancy.table] -= 1
    quiet = [Finding(CHECK, table, compared=number) for table, number in agreed.items()]
    return [*(describe_discrepancy(discrepancy) for discrepancy in found), *quiet]


def days_unlike_books(postgres: Postgres, lake: Lake, tables: Sequence[str]) -> list[date]:
    """Days that no run is at work on, and of which the lake lacks, or has other than, the books.

    Lost days that were only looked back on are not named: days that look back on them bring them.

    Raises:
        DatabaseUnavailableError: the ledger cannot be read.
    """
    with postgres.session(Role.READER, autocommit=True) as connection:
        booked = read_bookings(connection, tables, ALL_DAYS)
        in_lake = [day for table in tables for day in lake.published_days(table)]
        known = {*in_lake, *(day for _, day in booked)}
        if not known:
            return []
        _, found = _compare_twice(connection, lake, tables, DayRange(min(known), max(known)))
    asked = {day for table, day in booked if table == NUMBERS}
    return sorted(
        {
            discrepancy.day
            for discrepancy in found
            if not discrepancy.is_held
            and (discrepancy.day in asked or discrepancy.statement != LOST)
        }
    )


def read_bookings(
    connection: psycopg.Connection, tables: Sequence[str], days: DayRange
) -> dict[Key, Booking]:
    """What the ledger has of the tables and days."""
    facts = {"tables": list(tables), "first": days.first, "last": days.last}
    with connection.cursor(row_factory=class_row(Booking)) as cursor:
        rows = cursor.execute(load_sql(__package__, "select_booked_partitions"), facts).fetchall()
    return {(row.table_name, row.partition_date): row for row in rows}


def read_manifests(lake: Lake, keys: Collection[Key]) -> dict[Key, Manifest | None]:
    """Manifests of partitions, None where there is none; unreadable ones are left out."""
    manifests: dict[Key, Manifest | None] = {}
    for table, day in keys:
        try:
            manifests[table, day] = lake.manifest(table, day)
        except CorruptPartitionError:
            continue
    return manifests


def _compare_twice(
    connection: psycopg.Connection, lake: Lake, tables: Sequence[str], days: DayRange
) -> tuple[list[str], list[Discrepancy]]:
    """What differs at two looks: a publication may fall between ledger and lake."""
    compared, found = _compare(connection, lake, tables, days)
    if not found:
        return compared, found
    compared, again = _compare(connection, lake, tables, days)
    lasting = set(again)
    return compared, [discrepancy for discrepancy in found if discrepancy in lasting]


def _compare(
    connection: psycopg.Connection, lake: Lake, tables: Sequence[str], days: DayRange
) -> tuple[list[str], list[Discrepancy]]:
    """The table of each published partition, and the discrepancies."""
    booked = read_bookings(connection, tables, days)
    manifests = read_manifests(lake, [(table, day) for table in tables for day in days])
    published = [
        key for key, manifest in manifests.items() if manifest or _is_published(booked, key)
    ]
    discrepancies = _discrepancies(booked, {key: manifests[key] for key in published})
    return [table for table, _ in published], list(discrepancies)


def _is_published(booked: Mapping[Key, Booking], key: Key) -> bool:
    return key in booked and booked[key].load_id is not None


def _discrepancies(
    booked: Mapping[Key, Booking], manifests: Mapping[Key, Manifest | None]
) -> Iterator[Discrepancy]:
    for (table, day), manifest in manifests.items():
        booking = booked.get((table, day))
        statement = _state_difference(booking, manifest)
        if statement:
            yield Discrepancy(table, day, statement, booking is not None and booking.is_held)


def _state_difference(booking: Booking | None, manifest: Manifest | None) -> str | None:
    if manifest is None:
        return LOST
    if booking is None or booking.load_id is None:
        return "published in the lake, missing in the ledger"
    if booking.load_id != manifest.load_id:
        return "another load in the lake than in the ledger"
    if booking.row_count != manifest.rows:
        return "another number of rows in the lake than in the ledger"
    return None


def describe_discrepancy(discrepancy: Discrepancy) -> Finding:
    """Name the partition and what the books say of it."""
    table, day, statement = discrepancy.table, discrepancy.day, discrepancy.statement
    return Finding(
        check=CHECK,
        subject=f"{table}: {statement}",
        day=day,
        compared=1,
        differing=1,
        explained={BEING_WRITTEN: 1} if discrepancy.is_held else {},
        unexplained=0 if discrepancy.is_held else 1,
        examples=(f"{table}/date={day}",),
        advice=f"{table} of {day} is {statement}: "
        f"run `sociallive run --date {day}` to publish the day in both",
    )
