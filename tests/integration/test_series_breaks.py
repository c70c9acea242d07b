from collections.abc import Callable
from datetime import date
from typing import Any

import polars as pl
import psycopg

from assets.resources.publishing import Output, Publisher
from schema.metrics import metric_versions
from schema.tables.columns import polars_schema
from schema.tables.user_analytics import UserAnalytics
from schema.windows import DayRange
from tests.fixtures.installation import Installation

MARCH = [date(2024, 3, day) for day in range(1, 32)]
NOTHING = pl.DataFrame(schema=polars_schema(UserAnalytics))


def publish(publisher: Publisher, day: date, **versions: int) -> None:
    output = Output("user_analytics", UserAnalytics, NOTHING, versions)
    publisher.publish([output], DayRange(day, day), run_id="a run")


def breaks(connection: psycopg.Connection) -> list[tuple[Any, ...]]:
    found = connection.execute(
        "SELECT metric_name, partition_date, version_before, version"
        " FROM pipeline.series_breaks WHERE table_name = 'user_analytics' ORDER BY 1, 2"
    ).fetchall()
    connection.commit()
    return found


def test_a_series_of_one_version_has_no_break(
    publisher: Publisher, connection: psycopg.Connection
) -> None:
    for day in MARCH[:3]:
        publish(publisher, day, total_likes=2, total_shares=1)

    assert breaks(connection) == []


def test_a_series_breaks_on_the_first_day_of_a_new_version(
    publisher: Publisher, connection: psycopg.Connection
) -> None:
    publish(publisher, MARCH[0], total_likes=1, total_shares=1)
    publish(publisher, MARCH[1], total_likes=2, total_shares=1)
    publish(publisher, MARCH[2], total_likes=2, total_shares=1)

    assert breaks(connection) == [("total_likes", MARCH[1], 1, 2)]


def test_days_that_were_not_published_break_nothing_and_hide_no_break(
    publisher: Publisher, connection: psycopg.Connection
) -> None:
    publish(publisher, MARCH[0], total_likes=1)
    publish(publisher, MARCH[10], total_likes=1)
    publish(publisher, MARCH[20], total_likes=2)

    assert breaks(connection) == [("total_likes", MARCH[20], 1, 2)]


def test_a_day_that_is_being_written_again_keeps_its_version_until_it_is_published(
    publisher: Publisher, connection: psycopg.Connection
) -> None:
    publish(publisher, MARCH[0], total_likes=1)
    publish(publisher, MARCH[1], total_likes=2)
    days = DayRange(MARCH[1], MARCH[2])

    with publisher.ledger.write(["user_analytics"], days, run_id="another run"):
        assert breaks(connection) == [("total_likes", MARCH[1], 1, 2)]


def test_computing_the_days_before_again_closes_the_break(
    publisher: Publisher, connection: psycopg.Connection
) -> None:
    for day, version in zip(MARCH[:3], (1, 1, 2), strict=True):
        publish(publisher, day, total_likes=version)

    publish(publisher, MARCH[0], total_likes=2)
    half = breaks(connection)
    publish(publisher, MARCH[1], total_likes=2)

    assert half == [("total_likes", MARCH[1], 2, 1), ("total_likes", MARCH[2], 1, 2)]
    assert breaks(connection) == []


def test_a_metric_that_begins_or_ends_is_no_break(
    publisher: Publisher, connection: psycopg.Connection
) -> None:
    publish(publisher, MARCH[0], total_likes=1)
    publish(publisher, MARCH[1], total_likes=1, total_shares=3)
    publish(publisher, MARCH[2], total_shares=3)

    assert breaks(connection) == []


def test_the_daily_job_notes_the_versions_of_the_registry(
    new_installation: Callable[..., Installation],
) -> None:
    installation = new_installation(first_day=MARCH[1])

    installation.run("2024-03-02")

    noted = installation.rows(
        "SELECT table_name, metric_versions FROM pipeline.partition_ledger"
        " WHERE metric_versions IS NOT NULL ORDER BY table_name"
    )
    tables = ["system_metrics", "user_analytics"]
    assert noted == [(table, metric_versions(table)) for table in tables]
    assert installation.rows("SELECT * FROM pipeline.series_breaks") == []
