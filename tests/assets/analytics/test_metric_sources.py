from assets.analytics.metric_sources import INGESTED, NEVER_RESTATED, metric_sources
from assets.ingestion.source_tables import SOURCE_TABLES
from schema.metrics import SYSTEM_METRICS


def test_every_metric_that_can_be_restated_is_made_of_ingested_tables() -> None:
    sources = list(metric_sources())

    named = {metric for metric, _, _ in sources}
    assert named == {metric.name for metric in SYSTEM_METRICS} - NEVER_RESTATED
    assert {table for _, table, _ in sources} <= set(SOURCE_TABLES)
    assert set(INGESTED) == set(SOURCE_TABLES)


def test_windows_are_as_long_as_the_definitions_say() -> None:
    windows = {metric: days for metric, _, days in metric_sources()}

    assert windows["monthly_active_users"] == windows["stickiness"] == 30
    assert windows["retention_rate"] == 31
    assert windows["engagement_rate"] == 1
