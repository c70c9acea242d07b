from datetime import datetime

from tests.fixtures.engines import LazyOn
from tests.fixtures.small_tables import Row, at, metrics_of_d, us

POST = '{"content_type": "POST"}'
MEDIA = '{"content_type": "MEDIA"}'


def case(
    created: datetime | None, reviewed: datetime | None = None, content_type: str = "POST"
) -> Row:
    moments = {"created_us": us(created), "reviewed_us": us(reviewed)}
    return {"content_type": content_type} | moments


def test_a_case_is_pending_until_the_day_of_its_review(lazy_on: LazyOn) -> None:
    metrics = metrics_of_d(
        lazy_on,
        moderation=[
            case(at(1)),
            case(at(1, offset=-9)),
            case(at(1), at(0, offset=1)),
            case(at(1), at(23)),
            case(at(0, offset=1)),
        ],
    )

    assert metrics[f"moderation_pending {POST}"] == 3
    assert metrics[f"moderation_decided {POST}"] == 1


def test_the_first_instant_of_the_day_belongs_to_it(lazy_on: LazyOn) -> None:
    metrics = metrics_of_d(lazy_on, moderation=[case(at(-48), at(0))])

    assert metrics[f"moderation_decided {POST}"] == 1
    assert metrics[f"moderation_hours_median {POST}"] == 48
    assert f"moderation_pending {POST}" not in metrics


def test_each_content_type_has_its_own_median(lazy_on: LazyOn) -> None:
    metrics = metrics_of_d(
        lazy_on,
        moderation=[
            case(at(0), at(1)),
            case(at(0), at(2)),
            case(at(0), at(9)),
            case(at(0), at(3), "MEDIA"),
            case(at(0), at(4), "MEDIA"),
        ],
    )

    assert metrics[f"moderation_hours_median {POST}"] == 2
    assert metrics[f"moderation_hours_median {MEDIA}"] == 3.5


def test_a_review_before_the_creation_is_shown_as_it_is(lazy_on: LazyOn) -> None:
    metrics = metrics_of_d(lazy_on, moderation=[case(at(3), at(2))])

    assert metrics[f"moderation_hours_median {POST}"] == -1


def test_a_case_without_a_time_of_creation_is_decided_and_neither_pending_nor_in_the_median(
    lazy_on: LazyOn,
) -> None:
    metrics = metrics_of_d(
        lazy_on,
        moderation=[
            case(None, at(2)),
            case(at(0), at(1)),
            case(None, at(3), "MEDIA"),
            case(None, at(0, offset=1)),
        ],
    )

    assert metrics[f"moderation_decided {POST}"] == 2
    assert metrics[f"moderation_hours_median {POST}"] == 1
    assert metrics[f"moderation_decided {MEDIA}"] == 1
    assert f"moderation_hours_median {MEDIA}" not in metrics
    assert f"moderation_pending {POST}" not in metrics
