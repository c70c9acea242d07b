from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import TypeAlias

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from assets.ranking.popular_posts import SCORES_LOOKBACK_DAYS, STATES_LOOKBACK_DAYS
from schema.tables.popular_posts import PopularPosts, RankCause, RankReason
from schema.validation import validate
from schema.windows import DayRange
from tests.fixtures.random_ranking import random_ranking
from tests.fixtures.random_scores import random_scores

Frame: TypeAlias = pl.DataFrame
Run: TypeAlias = Callable[[Frame, Frame, DayRange], Frame]
Build: TypeAlias = Callable[..., Frame]
PostId: TypeAlias = Callable[[int], bytes]

D = date(2026, 3, 31)
EVE = D - timedelta(days=1)
TODAY = DayRange(D, D)
NOON = datetime(2026, 3, 30, 12, tzinfo=UTC)
MORNING = NOON - timedelta(hours=4)
US = timedelta(microseconds=1)
WEEK = datetime(2026, 3, 25, tzinfo=UTC)


def test_posts_are_ranked_by_score_then_newest_then_id(
    rank: Run, states: Build, scores: Build, post: PostId
) -> None:
    high_bit = b"\x80" + bytes(15)
    known = states(
        (EVE, high_bit, NOON),
        (EVE, post(2), NOON),
        (EVE, post(1), MORNING),
        (EVE, post(9), MORNING),
    )
    today = [
        (D, post(9), "10.00"),
        (D, post(1), "9.50"),
        (D, high_bit, "9.50"),
        (D, post(2), "9.50"),
    ]

    ranked = rank(scores(*today), known, TODAY)

    assert ranked["post_id"].to_list() == [post(9), post(2), high_bit, post(1)]
    assert ranked["rank"].to_list() == [1, 2, 3, 4]


def test_the_change_is_counted_against_the_day_before(
    rank: Run, states: Build, scores: Build, post: PostId
) -> None:
    known = states(*((EVE, post(number), NOON) for number in (1, 2, 3, 4)))
    eve = [(EVE, post(1), "5.00"), (EVE, post(2), "4.00"), (EVE, post(3), "3.00")]
    today = [(D, post(n), s) for n, s in ((3, "9.00"), (2, "8.00"), (1, "7.00"), (4, "6.00"))]

    ranked = rank(scores(*eve, *today), known, TODAY)

    assert ranked.select("date", "rank", "post_id", "rank_change", "reason").rows() == [
        (D, 1, post(3), 2, "risen"),
        (D, 2, post(2), 0, "steady"),
        (D, 3, post(1), -2, "fallen"),
        (D, 4, post(4), None, "new"),
    ]


def test_the_change_is_split_by_cause(
    rank: Run, states: Build, scores: Build, post: PostId
) -> None:
    gone = (D, post(5), NOON, "PUBLIC", datetime(2026, 3, 31, 8, tzinfo=UTC))
    known = states(*((EVE, post(number), NOON) for number in (1, 2, 3, 4, 5)), gone)
    eve = [(EVE, post(n), s) for n, s in ((5, "9.00"), (1, "8.00"), (2, "7.00"), (3, "6.00"))]
    today = [
        (D, post(2), "9.00", "3.50"),
        (D, post(4), "8.50", "0.00"),
        (D, post(3), "6.00", "6.00"),
        (D, post(1), "4.00", "4.00"),
    ]

    ranked = rank(scores(*eve, *today), known, TODAY)

    parts = ["own_growth", "decay", "others_growth", "eligibility"]
    assert ranked.select("post_id", "rank_change", *parts, "main_cause").rows() == [
        (post(2), 2, 2, -1, 0, 1, "own_growth"),
        (post(4), None, None, None, None, None, None),
        (post(3), 1, 0, 0, 1, 0, "others_growth"),
        (post(1), -2, 0, -2, 0, 0, "decay"),
    ]


def test_a_post_that_was_not_among_the_thousand_is_new_and_has_no_movement(
    rank: Run, states: Build, scores: Build, post: PostId
) -> None:
    known = states(*((EVE, post(number), NOON) for number in range(1_001)))
    eve = [(EVE, post(number), "1.00") for number in range(1_001)]
    today = [(D, post(1_000), "2.00", "0.50")]

    [first] = rank(scores(*eve, *today), known, TODAY).rows(named=True)

    assert (first["reason"], first["rank_change"], first["own_growth"]) == ("new", None, None)
    assert first["main_cause"] is None


def test_without_the_day_before_every_post_is_new(
    rank: Run, states: Build, scores: Build, post: PostId
) -> None:
    known = states(*((EVE, post(number), NOON) for number in (1, 2)))

    ranked = rank(scores((D, post(1), "1.00"), (D, post(2), "2.00")), known, TODAY)

    assert ranked.select("rank", "post_id", "reason", "main_cause").rows() == [
        (1, post(2), "new", None),
        (2, post(1), "new", None),
    ]


def test_the_order_of_rows_changes_nothing(rank: Run) -> None:
    days = DayRange(D - timedelta(days=4), D)
    known = random_ranking(3, days.preceded_by(STATES_LOOKBACK_DAYS)).post_states
    scored = random_scores(3, known, days.preceded_by(SCORES_LOOKBACK_DAYS))

    shuffled = rank(scored.reverse(), known.reverse(), days)

    assert_frame_equal(shuffled, rank(scored, known, days))


def test_only_live_public_posts_of_the_last_seven_days_are_ranked(
    rank: Run, states: Build, scores: Build, post: PostId
) -> None:
    known = states(
        (WEEK.date(), post(1), WEEK + US),
        (WEEK.date(), post(2), WEEK),
        (EVE, post(3), NOON, "FOLLOWERS_ONLY"),
        (EVE, post(4), NOON, None),
        (D, post(5), NOON, "PUBLIC", datetime(2026, 3, 31, 23, tzinfo=UTC)),
        (EVE, post(6), NOON),
        (D, post(6), NOON, "PRIVATE"),
        (EVE, post(7), NOON),
    )
    everything_scored = scores(*((D, post(number), "1.00") for number in range(1, 7)))

    ranked = rank(everything_scored, known, TODAY)

    assert ranked["post_id"].to_list() == [post(1)]


def test_the_ranking_ends_at_a_thousand(
    rank: Run, states: Build, scores: Build, post: PostId
) -> None:
    known = states(*((EVE, post(number), NOON) for number in range(1_200)))
    tied = scores(*((day, post(number), "0.00") for number in range(1_200) for day in (EVE, D)))

    ranked = rank(tied, known, TODAY)

    assert ranked["post_id"].to_list() == [post(number) for number in range(1_000)]
    assert set(ranked["reason"]) == {"steady"}


def test_no_scores_make_no_popular_posts(
    rank: Run, states: Build, scores: Build, post: PostId
) -> None:
    assert rank(scores(), states((EVE, post(1), NOON)), TODAY).is_empty()
    assert rank(scores(), states(), TODAY).is_empty()


@pytest.mark.parametrize("seed", range(4))
def test_ranks_agree_with_the_oracle_and_their_contract(
    rank: Run,
    oracle: Build,
    seed: int,
) -> None:
    days = DayRange(D - timedelta(days=9), D)
    known = random_ranking(seed, days.preceded_by(STATES_LOOKBACK_DAYS)).post_states
    scored = random_scores(seed, known, days.preceded_by(SCORES_LOOKBACK_DAYS))

    ranked = rank(scored, known, days)

    assert_frame_equal(ranked, oracle("popular_posts", days, post_scores=scored, post_states=known))
    assert set(ranked["reason"]) == set(RankReason)
    assert set(ranked["main_cause"].drop_nulls()) == set(RankCause)
    for _, partition in ranked.group_by("date"):
        validate(partition, PopularPosts, partition="popular_posts")


def test_a_range_at_once_equals_its_days_one_by_one(rank: Run) -> None:
    days = DayRange(D - timedelta(days=4), D)
    known = random_ranking(7, days.preceded_by(STATES_LOOKBACK_DAYS)).post_states
    scored = random_scores(7, known, days.preceded_by(SCORES_LOOKBACK_DAYS))

    at_once = rank(scored, known, days)

    def since(day: date, lookback: int) -> pl.Expr:
        return pl.col("date").is_between(day - timedelta(days=lookback), day)

    singly = [
        rank(
            scored.filter(since(day, SCORES_LOOKBACK_DAYS)),
            known.filter(since(day, STATES_LOOKBACK_DAYS)),
            DayRange(day, day),
        )
        for day in days
    ]
    assert_frame_equal(at_once, pl.concat(singly))
