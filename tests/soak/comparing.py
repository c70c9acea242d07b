"""Whether what a week left behind equals a run from scratch over the same source rows."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import psycopg

from assets.analytics.metric_sources import metric_sources
from assets.ranking.model_days import TABLE as CHOICES
from pipelines.settings import Settings
from schema.windows import DayRange
from tests.fixtures.everything import everything
from tests.fixtures.installation import Installation, Rows
from tests.fixtures.postgres import PostgresServer
from tests.soak.arrivals import truncate
from tests.soak.machine import Machine

PUBLISHED = [
    *("user_analytics", "system_metrics"),
    *("pipeline.partition_ledger", "pipeline.restatements", "pipeline.day_changes"),
]


def compare_with_oracle(installation: Installation, days: DayRange) -> Iterator[str]:
    """Differences of the published numbers from independent SQL over the platform's own tables.

    That SQL sees what happened before the first partition, on which no published number looks back.
    """
    first, last = str(days.first), str(days.last)
    for table in ("user_analytics", "system_metrics"):
        published, expected = (
            [row for row in rows if table == "user_analytics" or _is_within(row, days)]
            for rows in (getattr(installation, table)(), installation.expected(table, first, last))
        )
        yield from _difference(f"{table} and its oracle", published, expected)


def from_scratch(
    machine: Machine, server: PostgresServer, settings: Settings, days: DayRange
) -> Installation:
    """The same source rows, read by somebody who has published nothing yet, at the same moment.

    With the models that were chosen then: a choice stays, also where rows that it saw are gone.
    """
    server.execute("CREATE DATABASE {new} TEMPLATE {old}", new="scratch", old="platform")
    url, home = server.url("scratch"), settings.home.with_name("scratch")
    truncate(url, PUBLISHED)
    with psycopg.connect(url) as session:
        # As the pipeline does: a post that anybody else scores was changed today.
        session.execute("SET ROLE sociallive_writer")
        session.execute("UPDATE posts SET engagement_score = 0 WHERE engagement_score <> 0")
    if settings.erasures.exists():
        shutil.copytree(settings.erasures, home / "erasures")
    shutil.copytree(settings.lake / CHOICES, home / "lake" / CHOICES)
    elsewhere = {
        **machine.variables,
        "SOCIALLIVE_DATABASE_URL": url,
        "SOCIALLIVE_HOME": str(home),
        "SOCIALLIVE_DAGSTER_DATABASE_URL": "",
    }
    reader = Machine(elsewhere, machine.log, machine.shift)
    reader.command("run", "--from", str(days.first), "--to", str(days.last))
    return Installation(replace(settings, home=home, database_url=url))


def compare(kept: Installation, fresh: Installation, days: DayRange) -> Iterator[str]:
    """Differences between two installations: tables in PostgreSQL, and every table of the lake."""
    left, right = everything(kept, days), everything(fresh, days)
    for what in left:
        yield from _difference(what, left[what], right[what])


def _is_within(metric: tuple[Any, ...], days: DayRange) -> bool:
    day, name, *_ = metric
    window = max((length for other, _, length in metric_sources() if other == name), default=1)
    return bool(day - timedelta(days=window - 1) >= days.first)


def _difference(what: str, left: Rows, right: Rows) -> Iterator[str]:
    only_left, only_right = set(left) - set(right), set(right) - set(left)
    if left == right:
        return
    examples = f"{sorted(only_left, key=repr)[:2]} against {sorted(only_right, key=repr)[:2]}"
    yield f"{what}: {len(only_left)} and {len(only_right)} rows differ, such as {examples}"
