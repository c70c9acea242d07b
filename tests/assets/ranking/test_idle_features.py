from dataclasses import replace
from datetime import timedelta

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from assets.ranking.features import (
    AUTHOR,
    CONTEXT,
    EARLIER,
    FEATURES,
    FORMAT,
    RECENT,
    TIMING,
    build_features,
    build_idle_features,
)
from schema.windows import DayRange
from tests.fixtures.random_ranking import random_ranking
from tests.fixtures.ranking_frames import (
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

SEEN = DayRange(D, D).preceded_by(33)
EVE = D - timedelta(days=1)
OWN_SHAPE = [*RECENT, *EARLIER, *TIMING, *FORMAT, "accounts_day", "accounts_all", "events_each"]


def without_events_on_the_day(frames: RankingFrames, post: bytes) -> RankingFrames:
    """The author's own events stay in the daily rollup, so that the post stays a candidate."""
    is_gone = (pl.col("post_id") == post) & (pl.col("date") == D)
    return replace(
        frames,
        post_engagement_hourly=frames.post_engagement_hourly.filter(~is_gone),
        post_audience_daily=frames.post_audience_daily.filter(~is_gone),
    )


def test_a_posts_idle_shape_is_that_of_a_day_on_which_nobody_engaged_with_it() -> None:
    frames = random_ranking(8, SEEN, posts=120)
    candidates = candidates_of(frames)
    actual = build_features(candidates)
    idle = build_idle_features(candidates, actual)
    engaged = actual.filter(pl.col("events_last_24h") > 0)["post_id"].to_list()

    for post in engaged:
        deserted = features_of(without_events_on_the_day(frames, post))
        is_post = pl.col("post_id") == post
        assert_frame_equal(
            idle.filter(is_post).select(OWN_SHAPE),
            deserted.filter(is_post).select(OWN_SHAPE),
            rel_tol=1e-12,
        )
    assert len(engaged) > 3


def test_idle_features_keep_the_author_and_the_platform_of_the_day() -> None:
    candidates = candidates_of(random_ranking(9, SEEN))
    actual = build_features(candidates)

    idle = build_idle_features(candidates, actual)

    assert_frame_equal(idle.select(*AUTHOR, *CONTEXT), actual.select(*AUTHOR, *CONTEXT))


def test_a_post_that_nobody_engaged_with_on_the_day_has_idle_features_like_its_own() -> None:
    candidates = candidates_of(random_ranking(10, SEEN))
    actual = build_features(candidates)
    is_idle = pl.col("events_last_24h") == 0

    idle = build_idle_features(candidates, actual).filter(actual.select(is_idle).to_series())

    assert_frame_equal(
        idle.select(FEATURES), actual.filter(is_idle).select(FEATURES), check_exact=True
    )
    assert 3 < idle.height < actual.height


def test_an_idle_prior_leaves_out_what_the_post_got_on_the_day() -> None:
    """The author's other posts are as they were: what they got on the day counts."""
    posts = [Post(1, NOON - timedelta(days=1)), Post(2, NOON - timedelta(days=1))]
    events = [
        Event(1, EVE, 12, "LIKE", 200),
        Event(1, D, 12, "COMMENT"),
        Event(2, D, 12, "LIKE", 700),
    ]
    candidates = candidates_of(ranking_frames(posts, events))
    actual = build_features(candidates)

    [idle, _] = build_idle_features(candidates, actual).to_dicts()

    before, lived, later = (1 - (8 / (8 + hours)) ** 1.5 for hours in (12, 36, 60))
    of_author = 0.3 * actual["author_lifetime"][0]
    expected = (of_author + 2) / (0.3 + lived) + of_author / (0.3 + lived - before)
    assert idle["prior"] == pytest.approx((later - lived) * expected / 2)
    assert idle["post_id"] == post_id(1)
