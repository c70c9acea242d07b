from datetime import date
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from schema.errors import ContractError
from schema.metrics import SYSTEM_METRICS
from schema.tables.columns import polars_schema
from schema.tables.system_metrics import SystemMetrics
from schema.validation import validate

DAY = date(2024, 2, 29)
COLUMNS = ["date", "metric_name", "tags", "metric_value"]
GOOD = (DAY, "new_users", "{}", Decimal(7))


def check(*rows: tuple[Any, ...]) -> pl.DataFrame:
    frame = pl.DataFrame(list(rows), schema=polars_schema(SystemMetrics), orient="row")
    return validate(frame, SystemMetrics, partition="system_metrics of 2024-02-29")


def test_good_rows_pass() -> None:
    always = [
        (DAY, metric.name, tags, Decimal(0)) for metric in SYSTEM_METRICS for tags in metric.always
    ]

    sometimes = [
        (DAY, "retention_rate", '{"day": 30}', Decimal(1)),
        (DAY, "media_uploads", '{"status": null}', Decimal(1)),
        (DAY, "ingest_lag_seconds", '{"table": "user_engagement"}', Decimal("-0.5")),
        (DAY, "moderation_hours_median", '{"content_type": "USER_PROFILE"}', Decimal(-3)),
        (DAY, "posts_created", '{"media_type": "TEXT"}', Decimal("99999999999.0000")),
    ]
    assert check(*always, *sometimes).height == len(always) + len(sometimes)


@pytest.mark.parametrize("position", range(len(COLUMNS)), ids=COLUMNS)
def test_nulls_are_refused(position: int) -> None:
    row = list(GOOD)
    row[position] = None

    with pytest.raises(ContractError, match=f"{COLUMNS[position]}: not_nullable"):
        check(tuple(row))


def test_a_name_outside_the_registry_is_refused() -> None:
    with pytest.raises(ContractError, match="metric_name: isin"):
        check((DAY, "users_online", "{}", Decimal(1)))


@pytest.mark.parametrize("tags", ["", "null", "{ }", '{"type":"LIKE"}', '{"type": "a\\"b"}'])
def test_tags_that_postgresql_would_spell_otherwise_are_refused(tags: str) -> None:
    with pytest.raises(ContractError, match="tags: str_matches"):
        check((DAY, "engagement_events", tags, Decimal(1)))


@pytest.mark.parametrize(
    ("name", "tags"),
    [
        ("new_users", '{"type": "LIKE"}'),
        ("engagement_events", "{}"),
        ("engagement_events", '{"state": "new"}'),
        ("retention_rate", "{}"),
    ],
)
def test_tags_of_another_metric_are_refused(name: str, tags: str) -> None:
    with pytest.raises(ContractError, match="a metric has the tags of the registry"):
        check((DAY, name, tags, Decimal(1)))


@pytest.mark.parametrize(
    ("name", "tags", "value"),
    [
        ("new_users", "{}", "-1"),
        ("engagement_rate", "{}", "-0.0001"),
        ("stickiness", "{}", "1.0001"),
        ("exposure_gini", "{}", "1.0001"),
        ("retention_rate", '{"day": 7}', "1.0001"),
        ("day_final", '{"table": "posts"}', "2"),
    ],
)
def test_values_outside_the_bounds_of_the_registry_are_refused(
    name: str, tags: str, value: str
) -> None:
    with pytest.raises(ContractError, match="a metric lies within the bounds of the registry"):
        check((DAY, name, tags, Decimal(value)))


def test_the_grain_appears_once() -> None:
    with pytest.raises(ContractError, match="a metric has one row per day and tags"):
        check(GOOD, (DAY, "new_users", "{}", Decimal(8)))
