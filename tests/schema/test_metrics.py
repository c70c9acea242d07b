import json
import re
from collections import Counter

import pytest

from schema.metric import UNTAGGED, Metric, tag
from schema.metrics import (
    ACTIVE_WINDOWS,
    BY_NAME,
    LIFECYCLE_STATES,
    METRICS,
    SYSTEM_METRICS,
    USER_ANALYTICS,
    metric_versions,
    metrics_named,
    metrics_of,
)
from schema.tables.user_analytics import UserAnalytics
from schema.vocabulary import EngagementType


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


def test_metrics_come_once_in_the_order_in_which_they_are_named() -> None:
    named = metrics_named(["followers_lost", "new_users", "followers_lost"])

    assert named == (BY_NAME["followers_lost"], BY_NAME["new_users"])


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


def test_a_grain_names_what_has_one_number_each() -> None:
    grains = {name: BY_NAME[name].grain for name in ("follows", "day_final", "posts_created")}

    assert grains == {
        "follows": "(date)",
        "day_final": "(date, table)",
        "posts_created": "(date) and (date, media_type)",
    }
    assert {metric.grain for metric in USER_ANALYTICS} == {"(user_id, date)"}


@pytest.mark.parametrize("metric", SYSTEM_METRICS, ids=lambda metric: metric.name)
def test_a_grain_speaks_of_every_tag_and_of_rows_without_one(metric: Metric) -> None:
    has_totals = not metric.tags or UNTAGGED in metric.always

    assert all(key in metric.grain for key in metric.tags)
    assert metric.grain.startswith("(date)") == has_totals


def test_the_metrics_of_a_table_are_those_that_name_it() -> None:
    assert metrics_of("user_analytics") == USER_ANALYTICS
    assert metrics_of("system_metrics") == SYSTEM_METRICS
    assert metrics_of("posts") == ()


def test_versions_of_a_table_are_those_of_its_metrics() -> None:
    assert metric_versions("user_analytics") == {m.name: m.version for m in USER_ANALYTICS}
    assert metric_versions("posts") == {}
