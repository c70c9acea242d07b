import math
from datetime import date, datetime, time, timedelta

import polars as pl
import psycopg
import pytest

from assets.quality.published_volumes import HEADLINES, PublishedVolumes, headline_series
from assets.resources.postgres import Postgres
from schema.metrics import SYSTEM_METRICS
from schema.windows import DayRange
from tests.fixtures.volumes import SCHEMA, D

TODAY = DayRange(D, D)
VIEWS = 'engagement_events {"type": "VIEW"}'
PUBLISH = """
INSERT INTO pipeline.partition_ledger (
    table_name, partition_date, fence, run_id, state, load_id, row_count, is_final
) VALUES (%s, %s, 1, 'a run', %s, %s, %s, %s)
"""
MEASURE = """
INSERT INTO system_metrics (timestamp, metric_name, tags, metric_value) VALUES (%s, %s, %s, %s)
"""


@pytest.fixture
def volumes(database: str) -> PublishedVolumes:
    return PublishedVolumes(Postgres(database))


@pytest.fixture
def session(connection: psycopg.Connection) -> psycopg.Connection:
    connection.autocommit = True
    return connection


def publish(
    session: psycopg.Connection,
    table: str,
    day: date,
    rows: int | None,
    *,
    is_final: bool | None = True,
    state: str = "published",
) -> None:
    load = None if rows is None else "a load"
    session.execute(PUBLISH, [table, day, state, load, rows, is_final])


def measure(
    session: psycopg.Connection, name: str, day: date, value: float, tags: str | None
) -> None:
    session.execute(MEASURE, [day, name, tags, value])


def test_rows_are_read_for_the_days_and_the_eight_weeks_before(
    session: psycopg.Connection, volumes: PublishedVolumes
) -> None:
    oldest = D - timedelta(weeks=8)
    for day in (oldest - timedelta(days=1), oldest, D, D + timedelta(days=1)):
        publish(session, "posts", day, 7)

    rows = volumes.rows_of(["posts"], TODAY)

    assert rows.schema == pl.Schema(SCHEMA)
    assert rows.sort("date").rows() == [("posts", oldest, 7, True), ("posts", D, 7, True)]


def test_rows_of_other_tables_and_of_days_never_published_are_left_out(
    session: psycopg.Connection, volumes: PublishedVolumes
) -> None:
    publish(session, "posts", D, 0, is_final=False)
    publish(session, "follows", D, 9)
    publish(session, "users", D, None, is_final=None, state="writing")

    assert volumes.rows_of(["posts", "users"], TODAY).rows() == [("posts", D, 0, False)]


def test_a_day_that_is_being_written_again_counts_as_it_was_published(
    session: psycopg.Connection, volumes: PublishedVolumes
) -> None:
    publish(session, "posts", D, 12, state="writing")

    assert volumes.rows_of(["posts"], TODAY).rows() == [("posts", D, 12, True)]


def test_headlines_are_read_with_whether_all_of_the_day_is_final(
    session: psycopg.Connection, volumes: PublishedVolumes
) -> None:
    yesterday = D - timedelta(days=1)
    for day, is_final in ((yesterday, True), (D, False)):
        publish(session, "posts", day, 1)
        publish(session, "users", day, 1, is_final=is_final)
        publish(session, "system_metrics", day, 1, is_final=None)
    measure(session, "new_users", yesterday, 3, "{}")
    measure(session, "engagement_events", D, 8, '{"type": "VIEW"}')

    headlines = volumes.headlines(TODAY).sort("date")

    assert headlines.rows() == [("new_users", yesterday, 3, True), (VIEWS, D, 8, False)]


def test_other_metrics_other_tags_and_other_days_are_no_headlines(
    session: psycopg.Connection, volumes: PublishedVolumes
) -> None:
    measure(session, "stickiness", D, 0.5, "{}")
    measure(session, "posts_created", D, 5, '{"media_type": "VIDEO"}')
    measure(session, "posts_created", D + timedelta(days=1), 5, "{}")
    measure(session, "posts_created", D - timedelta(weeks=8, days=1), 5, "{}")
    measure(session, "posts_created", D, 6, "{}")

    assert volumes.headlines(TODAY).rows() == [("posts_created", D, 6, None)]


def test_what_somebody_else_wrote_beside_them_is_no_headline(
    session: psycopg.Connection, volumes: PublishedVolumes
) -> None:
    noon = datetime.combine(D, time(12))
    measure(session, "new_users", D, 3, "{}")
    measure(session, "new_users", noon, 4, "{}")
    measure(session, "new_users", D, 5, None)
    measure(session, "follows", D, math.nan, "{}")

    assert volumes.headlines(TODAY).rows() == [("new_users", D, 3, None)]


def test_every_headline_is_a_metric_that_every_day_has() -> None:
    always = {metric.name for metric in SYSTEM_METRICS if metric.always}

    assert set(HEADLINES) <= always
    assert {name for _, name, _ in headline_series()} == set(HEADLINES)
    assert VIEWS in [series for series, _, _ in headline_series()]


def test_the_newest_day_is_the_last_that_was_published(
    session: psycopg.Connection, volumes: PublishedVolumes
) -> None:
    assert volumes.newest_day(["posts"]) is None
    publish(session, "posts", D, 1)
    publish(session, "posts", D + timedelta(days=1), None, state="writing")
    publish(session, "users", D + timedelta(days=2), 1)

    assert volumes.newest_day(["posts"]) == D
