from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import TypeAlias

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from assets.ranking.engagement_shape import KINDS
from assets.ranking.prior import PRIOR_PARTS
from assets.ranking.score_model import PRIOR, ScoreModel
from schema.windows import DayRange
from tests.fixtures.random_ranking import random_ranking
from tests.fixtures.ranking_frames import (
    ANN,
    BOB,
    END,
    NOON,
    D,
    Event,
    Post,
    RankingFrames,
    candidates_of,
    features_of,
    post_id,
    ranking_frames,
)

Frame: TypeAlias = pl.DataFrame

DAYS = DayRange(D - timedelta(days=4), D)
SEEN = DAYS.preceded_by(33)
ages = st.sampled_from([0, 1, 6, 23, 24, 25, 100, 200, 300, 700, 2_000])
values = st.integers(-100_000, 10_000_000) | st.sampled_from([10**14, -(10**14)])
events = st.builds(
    Event,
    post=st.integers(1, 4),
    day=st.integers(0, 29).map(lambda age: D - timedelta(days=age)),
    hour=st.integers(0, 23),
    kind=st.sampled_from(KINDS),
    value=values,
    account=st.integers(0, 3),
)
platforms = st.tuples(
    st.lists(ages, min_size=4, max_size=4),
    st.lists(st.sampled_from([ANN, BOB]), min_size=4, max_size=4),
    st.lists(events, max_size=8),
)
calibrations = st.builds(
    lambda scale, floor, share, ties_idle: replace(
        PRIOR, scale=scale, floor=floor, floor_score=floor * share, ties_idle=ties_idle
    ),
    st.floats(1 / 3, 3),
    st.floats(0, 50),
    st.floats(0, 1),
    st.booleans(),
)
few = settings(max_examples=25)


def posts_of(aged: list[int], authors: list[bytes]) -> list[Post]:
    return [
        Post(number, END - timedelta(hours=age, seconds=1), author)
        for number, (age, author) in enumerate(zip(aged, authors, strict=True), start=1)
    ]


def scores(posts: list[Post], engagement: list[Event], model: ScoreModel) -> dict[bytes, int]:
    features = features_of(touched(posts, engagement))
    return dict(zip(features["post_id"], model.score(features).tolist(), strict=True))


def lived(hours: float) -> float:
    """Share of a lifetime's engagement that has come by an age."""
    return float(1 - (8 / (8 + hours)) ** 1.5)


def touched(posts: list[Post], engagement: list[Event]) -> RankingFrames:
    """Tables with a state of every post on D."""
    frames = ranking_frames(posts, engagement)
    return replace(frames, post_states=frames.post_states.with_columns(pl.lit(D).alias("date")))


def test_what_a_post_is_expected_to_get_is_what_the_formulas_say() -> None:
    got = [Event(1, D, 12, "SHARE", 200), Event(1, D, 13, "LIKE", 100)]
    likes, to_come = 7.0, lived(36) - lived(12)
    usual = likes / (lived(12) + 1)

    [post] = features_of(ranking_frames([Post(1)], got)).to_dicts()

    assert post["author_lifetime"] == pytest.approx(usual)
    assert post["prior"] == pytest.approx(to_come * (0.3 * usual + likes) / (0.3 + lived(12)))


def test_a_score_is_the_mean_of_what_all_days_and_the_last_day_say() -> None:
    posts = [Post(1, NOON - timedelta(days=1))]
    got = [Event(1, D - timedelta(days=1), 12, "COMMENT"), Event(1, D, 12, "LIKE")]
    to_come = lived(60) - lived(36)
    usual = 11 / (lived(36) + 1)

    [post] = features_of(ranking_frames(posts, got)).to_dicts()

    by_all = (0.3 * usual + 11) / (0.3 + lived(36))
    by_day = (0.3 * usual + 1) / (0.3 + lived(36) - lived(12))
    assert post["prior"] == pytest.approx(to_come * (by_all + by_day) / 2)


@pytest.mark.parametrize("seed", range(3))
def test_priors_of_random_platforms_agree_with_the_oracle(
    oracle: Callable[..., Frame], seed: int
) -> None:
    frames = random_ranking(seed, SEEN)
    candidates = candidates_of(frames, DAYS).select("date", "post_id", "author_id", "created_at")

    features = features_of(frames, DAYS)

    hourly = frames.post_engagement_hourly
    expected = oracle("prior", DAYS, candidates=candidates, post_engagement_hourly=hourly)
    assert_frame_equal(features.select(expected.columns), expected, abs_tol=1e-9)
    assert max(features["prior"]) > 1


@pytest.mark.parametrize("seed", range(2))
def test_the_parts_sum_to_the_prior_and_a_like_more_adds_what_they_say(seed: int) -> None:
    features = features_of(random_ranking(seed, SEEN), DAYS)

    # In this order, to the last digit.
    total = [author + of_day + earlier for author, of_day, earlier in features[PRIOR_PARTS].rows()]
    assert total == features["prior"].to_list()
    young = features.filter(pl.col("age_hours") <= 168)
    by_parts = young.select(
        pl.col("per_like_of_day") * pl.col("weight_day").clip(0)
        + pl.col("per_like_earlier") * (pl.col("weight").clip(0) - pl.col("weight_day").clip(0))
        + pl.col("prior_author")
    )
    assert by_parts.to_series().to_list() == pytest.approx(young["prior"].to_list())


@few
@given(platforms, events, st.integers(0, 10_000_000), calibrations | st.just(PRIOR))
def test_more_engagement_of_any_type_never_lowers_a_score(
    platform: tuple[list[int], list[bytes], list[Event]],
    event: Event,
    more: int,
    model: ScoreModel,
) -> None:
    aged, authors, engagement = platform
    posts = posts_of(aged, authors)

    before = scores(posts, [*engagement, event], model)
    after = scores(posts, [*engagement, event._replace(value=event.value + more)], model)

    assert after[post_id(event.post)] >= before[post_id(event.post)]


@few
@given(platforms, events, calibrations | st.just(PRIOR))
def test_an_event_more_that_nothing_takes_back_never_lowers_a_score(
    platform: tuple[list[int], list[bytes], list[Event]], event: Event, model: ScoreModel
) -> None:
    aged, authors, engagement = platform
    # Each post has an event already: what is no candidate yet has no score to be lowered.
    held = [*engagement, *(Event(number, D, 0, "VIEW", account=0) for number in range(1, 5))]

    before = scores(posts_of(aged, authors), held, model)
    kinder = event._replace(value=abs(event.value))
    after = scores(posts_of(aged, authors), [*held, kinder], model)

    assert after[post_id(event.post)] >= before[post_id(event.post)]


@few
@given(platforms)
def test_a_prior_is_finite_and_not_negative(
    platform: tuple[list[int], list[bytes], list[Event]],
) -> None:
    aged, authors, engagement = platform

    features = features_of(touched(posts_of(aged, authors), engagement))

    assert features["prior"].is_finite().all()
    assert (features["prior"] >= 0).all()


def test_a_new_post_of_an_unknown_author_is_expected_to_get_what_posts_usually_get() -> None:
    """At its very beginning, 7/8 of what a post gets in its life come in the next day."""
    new = Post(2, END - timedelta(microseconds=1), BOB)
    frames = ranking_frames([Post(1), new], [Event(1, D, 15, "LIKE", 900)])

    post = features_of(frames).row(1, named=True)

    assert post["age_hours"] == 0
    assert post["platform_lifetime"] == pytest.approx(9 / (lived(12) + 1))
    assert post["prior"] == pytest.approx(post["platform_lifetime"] * 7 / 8)


def test_an_older_post_that_got_nothing_is_expected_to_get_less() -> None:
    aged = [Post(n, END - timedelta(hours=6**n), bytes([n]) * 16) for n in range(1, 4)]
    frames = ranking_frames([Post(9, author=BOB), *aged], [Event(9, D, 15, "LIKE", 900)])

    priors = features_of(frames)["prior"].to_list()[:3]

    assert priors == sorted(priors, reverse=True)
    assert priors[0] > 5 * priors[2] > 0


def test_on_an_empty_platform_nothing_is_expected() -> None:
    assert features_of(ranking_frames([Post(1), Post(2)]))["prior"].to_list() == [0, 0]


@pytest.mark.parametrize("kind", KINDS)
def test_one_type_of_engagement_is_enough(kind: str) -> None:
    posts = [Post(1), Post(2, author=BOB)]

    features = features_of(ranking_frames(posts, [Event(1, D, 15, kind)]))

    popular, other = features["prior"]
    assert popular > other > 0


def test_a_new_post_is_expected_to_get_what_its_authors_others_got() -> None:
    """Ann's other post got 6 LIKEs at 12 hours; beside it, three of the platform's mean."""
    posts = [Post(1), Post(2), Post(3, author=BOB)]
    frames = ranking_frames(posts, [Event(1, D, 15, "LIKE", 600)])
    usual = 6 / (3 * lived(12) + 1)

    lives = features_of(frames)["author_lifetime"].to_list()

    assert lives == pytest.approx(
        [3 * usual / (lived(12) + 3), (6 + 3 * usual) / (lived(12) + 3), 3 * usual / 3]
    )


def old_post(days: float, engagement: list[Event]) -> dict[str, float]:
    features = features_of(touched([Post(1, END - timedelta(days=days))], engagement))
    return dict(features.select(*PRIOR_PARTS, "prior", "per_like_earlier").to_dicts()[0])


def test_an_old_post_goes_on_as_it_does_whatever_its_age() -> None:
    """60 LIKEs a day: by the week 420 in 7 days and 9 of nothing, by the day 60 in 1 and 9."""
    steady = [Event(1, D - timedelta(days=day), 12, "LIKE", 6_000) for day in range(30)]

    in_a_fortnight, in_ten_years = old_post(14, steady), old_post(3_650, steady)

    assert in_ten_years["prior"] == pytest.approx((420 / 16 + 60 / 10) / 2)
    assert in_ten_years["prior_day"] == pytest.approx((60 / 16 + 60 / 10) / 2)
    assert in_ten_years["prior_author"] == 0
    assert in_a_fortnight == pytest.approx(in_ten_years)


def test_what_an_old_post_got_before_the_week_counts_no_more() -> None:
    week = [Event(1, D - timedelta(days=6), 0, "LIKE", 6_000)]
    before = [Event(1, D - timedelta(days=7), 23, "LIKE", 90_000)]

    assert old_post(20, [*week, *before])["prior"] == pytest.approx(60 / 16 / 2)
    assert old_post(20, week)["per_like_earlier"] == pytest.approx(1 / 16 / 2)


@pytest.mark.parametrize("days", [7, 14])
def test_a_score_does_not_jump_when_a_post_becomes_old(days: int) -> None:
    got = [Event(1, D, 12, "LIKE", 6_000)]

    younger, older = (old_post(days + hours / 24, got)["prior"] for hours in (-0.1, 0.1))

    assert younger == pytest.approx(older, rel=0.03)
