from datetime import date
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from psycopg.types.json import Jsonb

from assets.analytics.write_back import (
    restated_numbers,
    write_system_metrics,
    write_user_analytics,
)
from assets.resources.postgres import Postgres, Role
from schema.metrics import metric_versions
from schema.tables.columns import polars_schema
from schema.tables.system_metrics import SystemMetrics
from schema.tables.user_analytics import UserAnalytics
from schema.windows import DayRange
from tests.fixtures.intake import Source, uuid_of
from tests.fixtures.small_tables import uid

D, LATER = date(2024, 2, 29), date(2024, 3, 2)
DAY = DayRange(D, D)
CHANGE = """
INSERT INTO pipeline.source_changes
(source_table, changed_day, user_id, reason, row_count, run_id, changed_at)
VALUES (%s, %s, %s, %s, 1, 'a run', clock_timestamp() + %s::interval)
"""


def views(number: int, *, name: str = "author") -> pl.DataFrame:
    row = (D, uid(name), 0, number, 0, 0, 0, 0, 0, 0)
    return pl.DataFrame([row], schema=polars_schema(UserAnalytics), orient="row")


def metrics(*rows: tuple[str, str, str], day: date = D) -> pl.DataFrame:
    facts = [(day, name, tags, Decimal(value)) for name, tags, value in rows]
    return pl.DataFrame(facts, schema=polars_schema(SystemMetrics), orient="row")


def publish(source: Source, table: str, day: date = D, *, final: bool = True) -> None:
    """Book the day as published until now."""
    source.execute(
        "INSERT INTO pipeline.partition_ledger (table_name, partition_date, fence, run_id, state, "
        "load_id, row_count, is_final, published_at, metric_versions) "
        "VALUES (%s, %s, 1, 'r', 'published', 'load', 1, %s, clock_timestamp(), %s)",
        table,
        day,
        final,
        Jsonb(metric_versions(table)),
    )


def write_views(postgres: Postgres, rows: pl.DataFrame) -> None:
    with postgres.session(Role.WRITER) as session:
        write_user_analytics(session, rows, DAY, "a run")


def write_metrics(postgres: Postgres, rows: pl.DataFrame, day: date = D) -> None:
    with postgres.session(Role.WRITER) as session:
        write_system_metrics(session, rows, DayRange(day, day), "a run")


def ledger(source: Source) -> list[tuple[Any, ...]]:
    return source.execute(
        "SELECT metric_name, tags::text, old_value, new_value, reasons, was_final "
        "FROM pipeline.restatements ORDER BY 1, 2"
    )


def changed(
    source: Source, table: str, reason: str, *, day: date = D, who: str = "author", ago: str = "0"
) -> None:
    source.execute(CHANGE, table, day, uuid_of(who), reason, f"-{ago} seconds")


def test_the_first_publication_restates_nothing(source: Source, postgres: Postgres) -> None:
    write_views(postgres, views(3))

    assert ledger(source) == []


def test_a_changed_number_is_kept_with_old_new_and_reason(
    source: Source, postgres: Postgres
) -> None:
    write_views(postgres, views(3))
    publish(source, "user_analytics")
    changed(source, "user_engagement", "removed")

    write_views(postgres, views(2))

    assert ledger(source) == [("post_impressions", None, 3, 2, ["removed"], True)]


def test_a_row_that_goes_and_one_that_comes_count_as_from_and_to_zero(
    source: Source, postgres: Postgres
) -> None:
    write_views(postgres, views(3))
    publish(source, "user_analytics", final=False)
    changed(source, "user_engagement", "erased")
    changed(source, "user_engagement", "late", who="somebody")

    write_views(postgres, views(5, name="somebody"))

    assert sorted(ledger(source)) == [
        ("post_impressions", None, 0, 5, ["late"], False),
        ("post_impressions", None, 3, 0, ["erased"], False),
    ]


@pytest.mark.parametrize(
    "other",
    [
        {"table": "follows"},
        {"table": "user_engagement", "who": "somebody"},
        {"table": "user_engagement", "day": LATER},
        {"table": "user_engagement", "ago": "60"},
    ],
    ids=["another table", "another creator", "another day", "published since"],
)
def test_only_what_concerns_the_number_is_its_reason(
    source: Source, postgres: Postgres, other: dict[str, Any]
) -> None:
    write_views(postgres, views(3))
    changed(source, reason="late", **other)
    publish(source, "user_analytics")
    changed(source, reason="late", **other)

    write_views(postgres, views(4))

    assert ledger(source)[0][4] == ["unexplained"]


def test_a_new_version_of_a_metric_is_a_reason(source: Source, postgres: Postgres) -> None:
    write_metrics(postgres, metrics(("follows", "{}", "3")))
    publish(source, "system_metrics")
    source.execute(
        "UPDATE pipeline.partition_ledger SET metric_versions = metric_versions || %s",
        Jsonb({"follows": 9}),
    )

    write_metrics(postgres, metrics(("follows", "{}", "4")))

    assert ledger(source) == [("follows", "{}", 3, 4, ["definition"], True)]


def test_a_metric_looks_at_the_days_of_its_window(source: Source, postgres: Postgres) -> None:
    names = ("daily_active_users", "weekly_active_users", "follows")
    write_metrics(postgres, metrics(*((name, "{}", "1") for name in names), day=LATER), LATER)
    publish(source, "system_metrics", LATER)
    changed(source, "user_engagement", "late")

    write_metrics(postgres, metrics(*((name, "{}", "2") for name in names), day=LATER), LATER)

    assert {name: reasons for name, _, _, _, reasons, _ in ledger(source)} == {
        "daily_active_users": ["unexplained"],
        "weekly_active_users": ["late"],
        "follows": ["unexplained"],
    }


def test_a_metric_that_appears_or_is_absent_now_has_no_old_or_no_new_value(
    source: Source, postgres: Postgres
) -> None:
    write_metrics(postgres, metrics(("stickiness", "{}", "0.5")))
    publish(source, "system_metrics")
    changed(source, "user_engagement", "late")

    write_metrics(postgres, metrics(("engagement_rate", "{}", "0.25")))

    assert ledger(source) == [
        ("engagement_rate", "{}", None, Decimal("0.25"), ["late"], True),
        ("stickiness", "{}", Decimal("0.5"), None, ["late"], True),
    ]


def test_what_the_pipeline_says_of_its_runs_is_never_restated(
    source: Source, postgres: Postgres
) -> None:
    tag = '{"table": "posts"}'
    write_metrics(postgres, metrics(("day_final", tag, "0"), ("ingest_rows", tag, "3")))
    publish(source, "system_metrics")
    changed(source, "comments", "removed")
    changed(source, "posts", "late")

    write_metrics(postgres, metrics(("day_final", tag, "1"), ("ingest_rows", tag, "4")))

    assert ledger(source) == [("ingest_rows", tag, 3, 4, ["late"], True)]


def test_writing_the_same_again_restates_nothing_and_counts_are_of_the_run(
    source: Source, postgres: Postgres
) -> None:
    write_views(postgres, views(3))
    publish(source, "user_analytics")
    write_views(postgres, views(4))

    write_views(postgres, views(4))

    assert len(ledger(source)) == 1
    with postgres.session(Role.READER) as session:
        assert restated_numbers(session, "user_analytics", DAY, "a run") == {D: 1}
        assert restated_numbers(session, "user_analytics", DAY, "another") == {}


def test_a_transaction_that_does_not_commit_keeps_nothing(
    source: Source, postgres: Postgres
) -> None:
    write_views(postgres, views(3))
    publish(source, "user_analytics")

    with postgres.session(Role.WRITER) as session:
        write_user_analytics(session, views(4), DAY, "a run")
        session.rollback()

    assert ledger(source) == []


def test_an_erased_account_takes_its_entries_along(source: Source, postgres: Postgres) -> None:
    write_views(postgres, views(3))
    publish(source, "user_analytics")
    write_views(postgres, views(4))

    source.execute("DELETE FROM users WHERE username = 'author'")

    assert ledger(source) == []
