from datetime import timedelta
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from assets.ranking.engagement_shape import BINS, weight_name
from assets.ranking.features import (
    AUDIENCE,
    AUTHOR,
    EARLIER,
    FEATURES,
    FORMAT,
    PLATFORM,
    RECENT,
    TIMING,
    TOTALS_HOURS,
    build_features,
    build_idle_features,
)
from assets.ranking.weights import UNITS_PER_LIKE
from schema.vocabulary import MediaType, Visibility
from schema.windows import DayRange
from tests.fixtures.random_ranking import PLATFORMS, random_ranking
from tests.fixtures.ranking_frames import (
    END,
    NOON,
    D,
    Event,
    Post,
    candidates_of,
    features_of,
    ranking_frames,
)

DAYS = DayRange(D - timedelta(days=4), D)
SEEN = DAYS.preceded_by(33)
EVE = D - timedelta(days=1)
WEEK_AGO = D - timedelta(days=6)


def one(posts: list[Post], events: list[Event]) -> dict[str, Any]:
    """Features of the first post."""
    return features_of(ranking_frames(posts, events)).row(0, named=True)


def test_features_are_named_once_and_each_belongs_to_one_group() -> None:
    groups = [RECENT, EARLIER, TIMING, AUTHOR, AUDIENCE, FORMAT, PLATFORM]

    assert [name for group in groups for name in group] == FEATURES
    assert len(set(FEATURES)) == len(FEATURES)


@pytest.mark.parametrize(("seed", "platform"), list(enumerate(PLATFORMS)))
def test_every_feature_is_a_finite_number_or_unknown(seed: int, platform: str) -> None:
    candidates = candidates_of(random_ranking(seed, SEEN, **PLATFORMS[platform]), DAYS)

    actual = build_features(candidates)
    idle = build_idle_features(candidates, actual)

    for features in (actual.select(FEATURES), idle.select(FEATURES)):
        assert all(dtype.is_numeric() for dtype in features.dtypes)
        assert features.height == candidates.height
        odd = features.select((~pl.all().cast(pl.Float64).is_finite()).any())
        assert [name for name in odd.columns if odd[name].item()] == []


@pytest.mark.parametrize(
    ("events", "feature", "expected"),
    [
        # A tenth of a LIKE was taken back the day before, and the divisor is a tenth more.
        ([Event(1, EVE, 9, "VIEW", -200), Event(1, D, 9, "LIKE")], "decay", 1.1 / 0.1),
        # An account that took part in a burst, and viewed the post honestly as well.
        (
            [Event(1, D, 9, "LIKE", is_coordinated=True), Event(1, D, 10, "VIEW")],
            "events_each",
            None,
        ),
        ([Event(1, EVE, 9, "LIKE", -100), Event(1, D, 9, "LIKE")], "platform_trend", None),
    ],
)
def test_what_was_taken_back_or_set_aside_makes_no_feature_infinite(
    events: list[Event], feature: str, expected: float | None
) -> None:
    found = one([Post(1, NOON - timedelta(days=5))], events)[feature]

    assert found == (expected and pytest.approx(expected))


def test_engagement_is_summed_over_the_last_hours() -> None:
    events = [
        Event(1, D, 23, "LIKE"),
        Event(1, D, 21, "SHARE"),
        Event(1, D, 2, "CLICK"),
        Event(1, EVE, 12, "SAVE"),
        Event(1, WEEK_AGO, 0, "COMMENT"),
        Event(1, WEEK_AGO - timedelta(days=1), 23, "LIKE"),
    ]

    post = one([Post(1, END - timedelta(days=10))], events)

    expected = {
        "weight_last_1h": 1.0,
        "weight_last_3h": 4.0,
        "weight_last_6h": 4.0,
        "weight_last_24h": 4.8,
        "weight_last_72h": 6.8,
        "weight_last_168h": 16.8,
        "weight": 17.8,
        "weight_day_before": 2.0,
        "events_last_1h": 1,
        "events_last_3h": 2,
        "events_last_6h": 2,
        "events_last_24h": 3,
        "like_day": 1,
        "like_all": 2,
        "velocity": 4.8 / 24,
        "acceleration": 4 / 6 - 4.8 / 24,
        "decay": 4.9 / 2.1,
        "pace": 18.8 / 242,
        "hours_since_last": 1,
        "platform_trend": 4.8 * 7 / 16.8,
    }
    assert {name: post[name] for name in expected} == pytest.approx(expected)


@pytest.mark.parametrize(("seed", "platform"), list(enumerate(PLATFORMS)))
def test_weights_are_summed_exactly_so_that_every_run_learns_from_the_same_numbers(
    seed: int, platform: str
) -> None:
    candidates = candidates_of(random_ranking(seed, SEEN, **PLATFORMS[platform]), DAYS)

    features = build_features(candidates)

    for hours in TOTALS_HOURS:
        bins = [weight_name(within) for within in BINS if within[1] <= hours]
        exact = pl.Series(map(sum, candidates[bins].iter_rows()), dtype=pl.Float64)
        assert features[f"weight_last_{hours}h"].to_list() == (exact / UNITS_PER_LIKE).to_list()


def test_intensity_halves_with_the_hours_since_from_the_middle_of_each_bin() -> None:
    """A LIKE of the last hour, and one of 13 to 24 hours before."""
    post = one(
        [Post(1, NOON - timedelta(days=2))], [Event(1, D, 23, "LIKE"), Event(1, D, 5, "LIKE")]
    )

    assert post["intensity_3h"] == pytest.approx(0.5 ** (0.5 / 3) + 0.5**6)
    assert post["intensity_48h"] == pytest.approx(0.5 ** (0.5 / 48) + 0.5 ** (18 / 48))


def test_intensity_of_a_post_beyond_all_measure_is_what_is_left_of_its_engagement() -> None:
    events = [Event(1, D, 23, "COMMENT", 90_000_000_000), Event(1, EVE, 5, "LIKE", -90_000_000_000)]

    post = one([Post(1, NOON - timedelta(days=2))], events)

    assert post["intensity_48h"] == pytest.approx(9e9 * 0.5 ** (0.5 / 48) - 9e8 * 0.5 ** (36 / 48))


def test_rates_of_a_young_post_are_per_hour_that_it_has_lived() -> None:
    """After two hours; in its first minutes a post counts as one of an hour."""
    aged, new = (
        one([Post(1, END - timedelta(minutes=minutes))], [Event(1, D, 23, "LIKE", 400)])
        for minutes in (120, 6)
    )

    assert (aged["velocity"], aged["acceleration"]) == (2, 0)
    assert (new["velocity"], new["acceleration"]) == (4, 0)


def test_times_of_a_post_are_told_in_utc() -> None:
    """The 27 February of 2024 was a Tuesday, the 29 a Thursday."""
    post = one([Post(1, NOON - timedelta(days=2))], [])

    assert post["age_hours"] == 60
    assert (post["posted_hour"], post["posted_weekday"], post["weekday"]) == (12, 2, 4)
    assert post["share_of_next_day"] == pytest.approx((8 / 68) ** 1.5 - (8 / 92) ** 1.5)


def test_each_medium_and_each_visibility_has_a_number_and_none_is_zero() -> None:
    media = [None, *(kind.value for kind in MediaType)]
    posts = [Post(n, media_type=kind) for n, kind in enumerate(media)]
    seen = [None, *(kind.value for kind in Visibility)]
    posts += [Post(10 + n, visibility=kind) for n, kind in enumerate(seen)]

    features = features_of(ranking_frames(posts))

    assert features["media"].to_list()[: len(media)] == list(range(len(media)))
    assert features["visibility_code"].to_list()[len(media) :] == list(range(len(seen)))


def test_accounts_and_their_events_are_told_without_coordinated_ones() -> None:
    events = [
        *(Event(1, D, hour, "VIEW", account=1) for hour in (1, 2, 3)),
        Event(1, EVE, 1, "LIKE", account=2),
        Event(1, D, 1, "LIKE", account=3, is_coordinated=True),
    ]

    post = one([Post(1, NOON - timedelta(days=2))], events)

    assert (post["accounts_day"], post["accounts_all"], post["events_each"]) == (1, 2, 2)


def test_what_happens_later_changes_no_feature() -> None:
    frames = random_ranking(6, DayRange(SEEN.first, D + timedelta(days=9)))

    with_future = features_of(frames, DAYS)

    without = features_of(frames.between(SEEN.first, D), DAYS)
    assert_frame_equal(without, with_future, check_exact=True)


def test_a_range_at_once_equals_its_days_one_by_one() -> None:
    frames = random_ranking(7, SEEN)

    singly = [features_of(frames, DayRange(day, day)) for day in DAYS]

    assert_frame_equal(pl.concat(singly), features_of(frames, DAYS), rel_tol=1e-12)
