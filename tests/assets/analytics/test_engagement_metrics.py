from schema.vocabulary import EngagementType
from tests.fixtures.engines import LazyOn
from tests.fixtures.small_tables import day, engaged, metrics_of_d


def test_all_six_types_are_there_on_a_day_with_one_event(lazy_on: LazyOn) -> None:
    metrics = metrics_of_d(lazy_on, post_engagement=[engaged("ana", "SAVE", 1)])

    events = {kind: metrics[f'engagement_events {{"type": "{kind}"}}'] for kind in EngagementType}
    assert events == dict.fromkeys(EngagementType, 0) | {EngagementType.SAVE: 1}


def test_the_rate_is_engagement_per_view(lazy_on: LazyOn) -> None:
    metrics = metrics_of_d(
        lazy_on,
        post_engagement=[
            engaged("ana", "VIEW", 2),
            engaged("ben", "VIEW", 4),
            engaged("ana", "LIKE", 3),
            engaged("ben", "CLICK", 1),
            engaged("ben", "CLICK", 100, date=day(-1)),
        ],
    )

    assert metrics["engagement_rate"] == 0.6667


def test_there_is_neither_rate_nor_gini_without_a_view(lazy_on: LazyOn) -> None:
    metrics = metrics_of_d(lazy_on, post_engagement=[engaged("ana", "LIKE", 1)])

    assert not {"engagement_rate", "exposure_gini"} & set(metrics)


def test_views_without_engagement_have_a_rate_of_zero(lazy_on: LazyOn) -> None:
    metrics = metrics_of_d(lazy_on, post_engagement=[engaged("ana", "VIEW", 1)])

    assert metrics["engagement_rate"] == 0
    assert metrics["exposure_gini"] == 0


def test_gini_compares_creators_not_posts(lazy_on: LazyOn) -> None:
    metrics = metrics_of_d(
        lazy_on,
        post_engagement=[
            engaged("ana", "VIEW", 1, post_id=b"1" * 16),
            engaged("ana", "VIEW", 2, post_id=b"2" * 16),
            engaged("ben", "VIEW", 1),
            engaged("unseen", "LIKE", 50),
        ],
    )

    assert metrics["exposure_gini"] == 0.25
