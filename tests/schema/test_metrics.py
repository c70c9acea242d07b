import json
import re
from collections import Counter

import pytest

from schema.metrics import (
    ACTIVE_WINDOWS,
    LIFECYCLE_STATES,
    METRICS,
    SYSTEM_METRICS,
    UNTAGGED,
    USER_ANALYTICS,
    Metric,
    tag,
)
from schema.tables.user_analytics import UserAnalytics
from schema.vocabulary import EngagementType

BY_NAME = {metric.name: metric for metric in METRICS}


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_a_metric_says_all_about_itself(metric: Metric) -> None:
    assert re.fullmatch(r"[a-z_]{1,100}", metric.name)
    assert metric.unit
    assert metric.definition
    assert metric.source
    assert metric.absent_when
    assert metric.owner
    assert metric.version >= 1


def test_a_name_means_one_thing() -> None:
    assert max(Counter(metric.name for metric in METRICS).values()) == 1


@pytest.mark.parametrize("metric", SYSTEM_METRICS, ids=lambda metric: metric.name)
def test_tags_of_every_day_are_tags_of_the_metric(metric: Metric) -> None:
    for tags in metric.always:
        assert tags == UNTAGGED or tuple(json.loads(tags)) == metric.tags


@pytest.mark.parametrize("metric", SYSTEM_METRICS, ids=lambda metric: metric.name)
def test_a_metric_without_a_row_of_every_day_says_when_it_is_absent(metric: Metric) -> None:
    assert bool(metric.always) == metric.absent_when.startswith("never")


def test_every_column_of_user_analytics_is_a_metric() -> None:
    columns = set(UserAnalytics.to_schema().columns) - {"date", "user_id"}

    assert columns == {metric.name for metric in USER_ANALYTICS}


def test_closed_sets_are_complete_on_every_day() -> None:
    kinds = [json.loads(tags)["type"] for tags in BY_NAME["engagement_events"].always]
    states = [json.loads(tags)["state"] for tags in BY_NAME["user_lifecycle"].always]

    assert kinds == [kind.value for kind in EngagementType]
    assert states == list(LIFECYCLE_STATES)


def test_windows_of_actives_are_metrics() -> None:
    assert set(ACTIVE_WINDOWS) < set(BY_NAME)


def test_tags_are_spelled_as_postgresql_prints_them() -> None:
    assert tag("type", "LIKE") == '{"type": "LIKE"}'
    assert tag("day", 7) == '{"day": 7}'
