"""`user_analytics` in PostgreSQL against `user_analytics` in the lake, row by row."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl
import psycopg
from psycopg.rows import class_row

from assets.quality.findings import Finding
from assets.resources.copying import copy_frame
from schema.metrics import USER_ANALYTICS
from schema.sql import load_sql

CHECK = "analytics"
DELETED_ACCOUNTS = "deleted accounts"

# Its rows went with it, and its id is there: it looks like one that stayed.
MADE_AGAIN = ", or which account was deleted and inserted again,"


@dataclass(frozen=True, slots=True)
class DayOfRows:
    """Rows of one day: how many only one side has."""

    date: date
    compared: int
    differing: int
    deleted: int
    unexplained: int
    examples: list[str] | None


@dataclass(frozen=True, slots=True)
class DayOfNumber:
    """One number on one day, where rows that both sides have differ in it."""

    date: date
    number: str
    differing: int
    unexplained: int
    examples: list[str]


@dataclass(frozen=True, slots=True)
class Sums:
    """One number on one day, summed over accounts; `of_deleted` is a part of `in_lake`."""

    date: date
    number: str
    in_lake: int = 0
    of_deleted: int = 0
    in_postgres: int = 0


def stage_lake_rows(connection: psycopg.Connection, rows: pl.DataFrame) -> None:
    """Lay what the lake has beside PostgreSQL's own table until the transaction ends."""
    connection.execute(load_sql(__package__, "create_lake_user_analytics"))
    copy_frame(connection, "lake_user_analytics", rows)


def compare_creator_numbers(
    connection: psycopg.Connection, days: Sequence[date]
) -> Iterator[Finding]:
    """Compare the staged rows with PostgreSQL's: first which there are, then what they say."""
    facts = {"days": list(days)}
    with connection.cursor(row_factory=class_row(DayOfRows)) as cursor:
        rows = cursor.execute(load_sql(__package__, "compare_creator_rows"), facts).fetchall()
    with connection.cursor(row_factory=class_row(DayOfNumber)) as cursor:
        numbers = cursor.execute(load_sql(__package__, "compare_creator_numbers"), facts).fetchall()
    yield from describe_rows(rows)
    yield from describe_numbers(numbers, on_both=sum(day.compared - day.differing for day in rows))


def sum_creator_numbers(connection: psycopg.Connection, days: Sequence[date]) -> list[Sums]:
    """Sum the staged rows and PostgreSQL's per day and number."""
    with connection.cursor(row_factory=class_row(Sums)) as cursor:
        return cursor.execute(
            load_sql(__package__, "sum_creator_numbers"), {"days": list(days)}
        ).fetchall()


def describe_rows(rows: Sequence[DayOfRows]) -> Iterator[Finding]:
    """Tell the days on which one side has rows that the other has not."""
    subject = "user_analytics rows"
    for day in rows:
        if day.differing:
            yield Finding(
                CHECK,
                subject,
                day.date,
                compared=day.compared,
                differing=day.differing,
                explained={DELETED_ACCOUNTS: day.deleted} if day.deleted else {},
                unexplained=day.unexplained,
                examples=tuple(day.examples or ()),
                advice=_advice(day.date, MADE_AGAIN) if day.unexplained else "",
            )
    yield Finding(CHECK, subject, compared=sum(day.compared for day in rows if not day.differing))


def describe_numbers(numbers: Sequence[DayOfNumber], *, on_both: int) -> Iterator[Finding]:
    """Tell the numbers in which rows that both sides have differ."""
    differing: Counter[str] = Counter()
    for day in numbers:
        differing[day.number] += day.differing
        yield Finding(
            CHECK,
            f"user_analytics.{day.number}",
            day.date,
            compared=day.differing,
            differing=day.differing,
            unexplained=day.unexplained,
            examples=tuple(day.examples),
            advice=_advice(day.date),
        )
    for metric in USER_ANALYTICS:
        agreed = on_both - differing[metric.name]
        yield Finding(CHECK, f"user_analytics.{metric.name}", compared=agreed)


def _advice(day: date, or_else: str = "") -> str:
    return (
        f"user_analytics of {day} is not what the pipeline wrote: find who else writes the table"
        f"{or_else or ','} then run `sociallive run --date {day}` to write the day again"
    )
