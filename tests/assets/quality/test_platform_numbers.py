from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.quality.creator_numbers import Sums
from assets.quality.findings import Finding, alarming
from assets.quality.platform_numbers import Day, MetricKey, compare_platform_numbers
from schema.metric import tag
from schema.vocabulary import EngagementType

DAY = date(2024, 2, 29)
EVENTS = {"VIEW": 40, "LIKE": 9, "COMMENT": 4, "SHARE": 3, "CLICK": 2, "SAVE": 1}
CREATORS = {
    "post_impressions": 40,
    "total_likes": 9,
    "total_comments": 4,
    "total_shares": 3,
    "post_engagements": 19,
    "followers_gained": 5,
    "followers_lost": 6,
}
LIKES = ("engagement_events", '{"type": "LIKE"}')
LIKE_METRIC = 'system_metrics.engagement_events {"type": "LIKE"}'
Metrics = Mapping[MetricKey, Decimal | None]


def sums(**others: Sums) -> dict[str, Sums]:
    return {n: Sums(DAY, n, in_lake=v, in_postgres=v) for n, v in CREATORS.items()} | others


def metrics() -> dict[MetricKey, Decimal | None]:
    counted: Metrics = {
        ("engagement_events", tag("type", k)): Decimal(v) for k, v in EVENTS.items()
    }
    return {**counted, ("follows", "{}"): Decimal(5), ("unfollows", "{}"): Decimal(6)}


AGREEING = Day(DAY, EVENTS, sums(), metrics())


def differing(day: Day) -> list[Finding]:
    return [finding for finding in compare_platform_numbers([day]) if finding.differing]


def test_a_day_on_which_all_agree_has_no_difference() -> None:
    findings = list(compare_platform_numbers([AGREEING]))

    assert differing(AGREEING) == []
    assert len(findings) == len(CREATORS) - 2 + len(EngagementType) + 2
    assert all(finding.compared == 1 for finding in findings)


def test_a_day_without_anything_agrees_when_its_metrics_are_zero() -> None:
    zeros: Metrics = {key: Decimal(0) for key in metrics()}

    assert differing(Day(DAY, {}, {}, zeros)) == []


def test_an_event_too_many_in_the_rollup_differs_from_both() -> None:
    day = replace(AGREEING, events={**EVENTS, "CLICK": 3})

    assert [(found.subject, found.unexplained) for found in differing(day)] == [
        ("user_analytics.post_engagements against post_engagement_daily", 1),
        ('system_metrics.engagement_events {"type": "CLICK"}', 1),
    ]
    assert all("sociallive run --date 2024-02-29" in found.advice for found in differing(day))


@pytest.mark.parametrize(
    ("value", "unexplained"),
    [(Decimal(10), 1), (Decimal("8.75"), 1), (Decimal("10.25"), 2), (Decimal(-1), 10), (None, 9)],
)
def test_a_metric_is_off_by_whole_units(value: Decimal | None, unexplained: int) -> None:
    [found] = differing(replace(AGREEING, metrics={**metrics(), LIKES: value}))

    assert (found.subject, found.day, found.unexplained) == (LIKE_METRIC, DAY, unexplained)


def test_a_missing_zero_is_a_difference_all_the_same() -> None:
    day = replace(
        AGREEING,
        events={**EVENTS, "SAVE": 0, "CLICK": 3},
        metrics={**metrics(), ("engagement_events", '{"type": "CLICK"}'): Decimal(3)}
        | {("engagement_events", '{"type": "SAVE"}'): None},
    )

    [found] = differing(day)

    assert found.unexplained == 1


def test_a_row_without_tags_is_named_and_hides_no_other() -> None:
    day = replace(AGREEING, metrics={**metrics(), ("follows", None): Decimal(2), LIKES: None})

    assert [(found.subject, found.unexplained) for found in differing(day)] == [
        (LIKE_METRIC, 9),
        ("system_metrics.follows without tags", 2),
    ]


def test_deleted_accounts_and_other_changes_of_user_analytics_are_told_apart() -> None:
    likes = Sums(DAY, "total_likes", in_lake=9, of_deleted=2, in_postgres=4)

    [found] = differing(replace(AGREEING, sums=sums(total_likes=likes)))

    assert found.subject == LIKE_METRIC
    assert found.explained == {"deleted accounts": 2, "user_analytics": 3}
    assert not found.is_alarming


@given(st.sampled_from(list(metrics())), st.integers(-50, 50).filter(bool))
def test_any_wrong_metric_is_the_only_alarm_of_its_day(key: MetricKey, off: int) -> None:
    right = metrics()[key]
    assert right is not None
    day = replace(AGREEING, metrics={**metrics(), key: right + off})

    [alarm] = alarming(compare_platform_numbers([day]))

    assert alarm.subject == f"system_metrics.{key[0]} {key[1]}".removesuffix(" {}")
    assert alarm.unexplained == abs(off)
