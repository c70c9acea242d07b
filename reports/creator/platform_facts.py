"""What reports take from PostgreSQL as the reporter: names, texts of own posts, restatements."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeAlias
from uuid import UUID

import polars as pl
import psycopg

from assets.resources.postgres import Postgres, Role
from reports.creator.model import ReportPeriod
from schema.sql import load_sql
from schema.windows import DayRange

Schema: TypeAlias = Mapping[str, pl.DataType | type[pl.DataType]]

# A report shows the beginning of a text: a post may be a megabyte.
MOST_CHARACTERS = 2_000
CREATORS: Schema = {
    "user_id": pl.Binary,
    "username": pl.String,
    "created_day": pl.Date,
}
TEXTS: Schema = {"post_id": pl.Binary, "is_deleted": pl.Boolean, "text": pl.String}
RESTATEMENTS: Schema = {
    "user_id": pl.Binary,
    "date": pl.Date,
    "metric_name": pl.String,
    "old_value": pl.Int64,
    "new_value": pl.Int64,
    "reasons": pl.List(pl.String),
    "restated_at": pl.Datetime("us", "UTC"),
}


@dataclass(frozen=True, slots=True)
class PlatformFacts:
    """One state of the platform, as the reporter role sees it."""

    connection: psycopg.Connection
    period: ReportPeriod

    def creator_ids(self) -> list[UUID]:
        """Accounts that get a report by themselves, in the order of their ids."""
        shown = self.period.shown
        window = {
            "first": shown.first,
            "last": shown.last,
            "window_start": shown.start.replace(tzinfo=None),
            "window_end": shown.end.replace(tzinfo=None),
        }
        found = self.connection.execute(load_sql(__package__, "select_creator_ids"), window)
        return [user_id for (user_id,) in found]

    def creators(self, ids: Sequence[UUID]) -> pl.DataFrame:
        """One row per account that is there, in the order of their ids."""
        facts = {
            "creators": list(ids),
            "window_end": self.period.days.end.replace(tzinfo=None),
        }
        return self._frame("select_creators", facts, CREATORS)

    def texts(self, posts: pl.DataFrame) -> pl.DataFrame:
        """Texts of posts (post_id, author_id), of those that are their authors' own."""
        facts = {
            "posts": _uuids(posts["post_id"]),
            "authors": _uuids(posts["author_id"]),
            "characters": MOST_CHARACTERS,
        }
        return self._frame("select_post_texts", facts, TEXTS)

    def restatements(self, ids: Sequence[UUID]) -> pl.DataFrame:
        """Changes of numbers of the period and of the equally long time before it."""
        days = with_as_many_before(self.period.days)
        facts = {"creators": list(ids), "first": days.first, "last": days.last}
        return self._frame("select_restatements", facts, RESTATEMENTS)

    def _frame(self, statement: str, facts: dict[str, object], schema: Schema) -> pl.DataFrame:
        found = self.connection.execute(load_sql(__package__, statement), facts).fetchall()
        return pl.DataFrame(found, schema=schema, orient="row")


@contextmanager
def open_platform_facts(postgres: Postgres, period: ReportPeriod) -> Iterator[PlatformFacts]:
    """See one state of the platform for as long as the block runs, and change nothing.

    Raises:
        DatabaseUnavailableError: the server cannot be reached or entered, or gave up.
    """
    with postgres.session(Role.REPORTER) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        yield PlatformFacts(connection, period)


def with_as_many_before(days: DayRange) -> DayRange:
    """The days and as many before them."""
    return DayRange(days.first - timedelta(days=len(days)), days.last)


def _uuids(ids: pl.Series) -> list[UUID]:
    return [UUID(bytes=value) for value in ids]
