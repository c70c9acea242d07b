from dataclasses import replace
from datetime import date

import pytest

from schema.metric import Metric
from schema.metric_history import MetricVersion, find_contradictions, read_history
from schema.metrics import METRICS

METRIC = Metric("stickiness", "ratio", "daily / monthly active users", ("user_activity",))
FIRST = MetricVersion(
    "stickiness", 1, date(2026, 1, 1), "ratio", "(date)", "daily / monthly active users"
)
SECOND = replace(FIRST, version=2, since=date(2026, 2, 1), definition="daily / weekly active users")
METRIC_2 = replace(METRIC, version=2, definition="daily / weekly active users")


def contradictions(metrics: list[Metric], history: list[MetricVersion]) -> list[str]:
    return list(find_contradictions(metrics, history))


def test_the_registry_is_what_its_history_says() -> None:
    assert contradictions(list(METRICS), list(read_history())) == []


def test_every_version_ever_computed_has_a_record() -> None:
    recorded = {(record.name, record.version) for record in read_history()}

    assert recorded >= {
        (metric.name, version) for metric in METRICS for version in range(1, metric.version + 1)
    }


def test_the_file_is_read_as_it_is_written() -> None:
    records = {record.name: record for record in read_history() if record.version == 1}

    assert records["posts_created"] == MetricVersion(
        name="posts_created",
        version=1,
        since=date(2026, 11, 23),
        unit="posts",
        grain="(date) and (date, media_type)",
        definition='posts created on D: all, and per media type (no media = "TEXT")',
    )


def test_a_metric_with_the_record_of_its_version_is_well() -> None:
    assert contradictions([METRIC], [FIRST]) == []
    assert contradictions([METRIC_2], [FIRST, SECOND]) == []


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        (replace(METRIC, definition="monthly / daily active users"), "definition"),
        (replace(METRIC, unit="percent"), "unit"),
        (replace(METRIC, tags=("type",)), "grain"),
    ],
)
def test_a_changed_meaning_without_a_new_version_is_told(changed: Metric, field: str) -> None:
    (told,) = contradictions([changed], [FIRST])

    assert told.startswith(f"stickiness: {field} differs from the record of version 1")
    assert "raise the version" in told


def test_what_does_not_change_the_meaning_needs_no_version() -> None:
    moved = replace(METRIC, owner="data-platform", source=("posts",), most=2)

    assert contradictions([moved], [FIRST]) == []


@pytest.mark.parametrize("history", [[], [FIRST], [replace(FIRST, retired=date(2026, 3, 1))]])
def test_a_version_without_a_record_is_told(history: list[MetricVersion]) -> None:
    (told,) = contradictions([METRIC_2], history)

    assert told.startswith("stickiness: version 2 is not the newest")
    assert told.endswith("add its record")


def test_a_record_that_is_ahead_of_the_registry_is_told() -> None:
    (told,) = contradictions([METRIC], [FIRST, SECOND])

    assert "version 1 is not the newest" in told


@pytest.mark.parametrize("numbers", [[1, 3], [3], [2, 3], [1, 2, 2, 3], [2, 1, 3]])
def test_a_skipped_or_repeated_version_is_told(numbers: list[int]) -> None:
    history = [
        replace(FIRST, version=number, since=date(2026, month, 1))
        for month, number in enumerate(numbers, start=1)
    ]

    (told,) = contradictions([replace(METRIC, version=3)], history)

    assert f"has versions {numbers}" in told


@pytest.mark.parametrize("since", [date(2026, 1, 1), date(2025, 12, 31)])
def test_a_version_that_does_not_begin_after_the_one_before_is_told(since: date) -> None:
    (told,) = contradictions([METRIC_2], [FIRST, replace(SECOND, since=since)])

    assert "dates that do not rise" in told


def test_a_metric_that_left_without_a_date_is_told() -> None:
    (told,) = contradictions([], [FIRST])

    assert told.startswith("stickiness left the registry")


def test_a_metric_that_left_on_a_date_is_well() -> None:
    retired = replace(SECOND, retired=date(2026, 3, 1))

    assert contradictions([], [FIRST, retired]) == []


def test_a_retired_metric_in_the_registry_is_told() -> None:
    (told,) = contradictions([METRIC], [replace(FIRST, retired=date(2026, 3, 1))])

    assert told.startswith("stickiness is retired")


def test_a_retired_metric_can_come_back_as_a_new_version() -> None:
    assert contradictions([METRIC_2], [replace(FIRST, retired=date(2026, 1, 9)), SECOND]) == []
