import pytest

from reports.definitions import MetricDefinition, define_metrics
from schema.errors import UsageError
from schema.metrics import METRICS


def test_a_footer_has_the_registrys_words_in_the_order_of_the_report() -> None:
    assert define_metrics(["followers_lost", "new_users"]) == (
        MetricDefinition("followers_lost", 1, "follows", "follows of the user deleted on D"),
        MetricDefinition("new_users", 1, "users", "users created on D"),
    )


def test_a_metric_that_is_named_twice_is_defined_once() -> None:
    names = ["new_users", "follows", "new_users"]

    assert [line.name for line in define_metrics(names)] == ["new_users", "follows"]


def test_a_report_without_numbers_has_no_definitions() -> None:
    assert define_metrics([]) == ()


def test_every_metric_can_stand_in_a_footer() -> None:
    lines = define_metrics(metric.name for metric in METRICS)

    assert [(line.name, line.version, line.unit, line.definition) for line in lines] == [
        (metric.name, metric.version, metric.unit, metric.definition) for metric in METRICS
    ]


def test_a_name_that_is_no_metric_is_refused() -> None:
    with pytest.raises(UsageError, match=r"the metric 'likes', which the registry does not have"):
        define_metrics(["new_users", "likes"])
