from assets.analytics.metric_sources import (
    INGEST,
    INGESTED,
    NEVER_RESTATED,
    ROLLED_UP,
    WINDOW_DAYS,
    history_of_metrics,
    metric_sources,
)
from assets.ingestion.source_tables import SOURCE_TABLES
from assets.partitions import HISTORY_DAYS
from schema.metrics import SYSTEM_METRICS


def test_every_metric_that_can_be_restated_is_made_of_ingested_tables() -> None:
    sources = list(metric_sources())

    named = {metric for metric, _, _ in sources}
    assert named == {metric.name for metric in SYSTEM_METRICS} - NEVER_RESTATED
    assert {table for _, table, _ in sources} <= set(SOURCE_TABLES)
    assert set(INGESTED) == set(SOURCE_TABLES)


def test_every_table_whose_change_makes_a_day_stale_is_a_reason_of_some_metric() -> None:
    read = {made for table in history_of_metrics() for made in ROLLED_UP.get(table, (table,))}

    # `ingest_rows` of a table says nothing about the other metrics.
    reasons = {table for metric, table, _ in metric_sources() if metric != "ingest_rows"}
    assert read <= reasons


def test_windows_are_as_long_as_the_definitions_say() -> None:
    windows = {(metric, table): days for metric, table, days in metric_sources()}

    assert windows["monthly_active_users", "follows"] == windows["stickiness", "posts"] == 30
    assert windows["retention_rate", "users"] == 31
    assert windows["retention_rate", "follows"] == 1
    assert windows["engagement_rate", "user_engagement"] == 1


def test_a_window_is_of_a_table_that_the_metric_is_made_of() -> None:
    sources = {metric.name: metric.source for metric in SYSTEM_METRICS}

    assert [
        (metric, table)
        for metric, windows in WINDOW_DAYS.items()
        for table in windows
        if table not in sources[metric]
    ] == []


def test_as_many_days_are_read_of_a_table_as_its_longest_window_has() -> None:
    history = history_of_metrics()

    assert {table: days for table, days in history.items() if days} == {
        "user_activity": 29, "users": 30, "posts": 1, "comments": 1,
    }  # fmt: skip
    assert {name for metric in SYSTEM_METRICS for name in metric.source} <= {INGEST, *history}
    assert max(history.values()) <= HISTORY_DAYS
