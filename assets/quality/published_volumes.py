"""How much is published per day: rows of tables and headline numbers, as PostgreSQL has them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, TypeAlias

import polars as pl

from assets.quality.volume import WEEKS
from assets.resources.postgres import Postgres, Role
from schema.metric import UNTAGGED
from schema.metrics import SYSTEM_METRICS
from schema.sql import load_sql
from schema.windows import DayRange

# Numbers that every day has; rates are left out, being as wild as their smallest denominator.
HEADLINES = (
    "engagement_events",
    "daily_active_users",
    "new_users",
    "posts_created",
    "comments_created",
    "follows",
    "media_bytes",
)
VOLUMES = {"series": pl.String, "date": pl.Date, "amount": pl.Int64, "is_final": pl.Boolean}

Facts: TypeAlias = dict[str, object]


@dataclass(frozen=True, slots=True)
class PublishedVolumes:
    """Amounts of days and of the weeks that they are compared with.

    Columns of every frame: `series`; `date`; `amount` in rows or in the metric's unit; `is_final`,
    null where nothing is known.
    """

    postgres: Postgres

    def rows_of(self, tables: Sequence[str], days: DayRange) -> pl.DataFrame:
        """Rows per table and day; a table is its own series.

        Raises:
            DatabaseUnavailableError: the server cannot be reached or entered, or gave up.
        """
        return self._read("select_row_counts", {"tables": list(tables)} | _window(days))

    def headlines(self, days: DayRange) -> pl.DataFrame:
        """Headline numbers per day; a series is a metric, or one tag of it.

        Raises:
            DatabaseUnavailableError: the server cannot be reached or entered, or gave up.
        """
        series, names, tags = zip(*headline_series(), strict=True)
        wanted: Facts = {"series": list(series), "names": list(names), "tags": list(tags)}
        return self._read("select_platform_metrics", wanted | _window(days))

    def newest_day(self, tables: Sequence[str]) -> date | None:
        """Newest day that one of the tables has published.

        Raises:
            DatabaseUnavailableError: the server cannot be reached or entered, or gave up.
        """
        rows = self._fetch("select_newest_day", {"tables": list(tables)})
        newest: date | None = rows[0][0]
        return newest

    def _read(self, statement: str, facts: Facts) -> pl.DataFrame:
        return pl.DataFrame(self._fetch(statement, facts), schema=VOLUMES, orient="row")

    def _fetch(self, statement: str, facts: Facts) -> list[tuple[Any, ...]]:
        with self.postgres.session(Role.READER) as connection:
            return connection.execute(load_sql(__package__, statement), facts).fetchall()


def headline_series() -> list[tuple[str, str, str]]:
    """Series, metric and tags of each headline number, as the registry has them."""
    return [
        (metric.name if tags == UNTAGGED else f"{metric.name} {tags}", metric.name, tags)
        for metric in SYSTEM_METRICS
        if metric.name in HEADLINES
        for tags in metric.always
    ]


def _window(days: DayRange) -> Facts:
    past = days.preceded_by(timedelta(weeks=WEEKS).days)
    return {"first": past.first, "last": past.last}
