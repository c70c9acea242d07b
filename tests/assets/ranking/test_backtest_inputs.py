from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any, TypeAlias

import narwhals as nw
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from assets.ranking.backtest_inputs import DECAY_SCALE, in_likes, judged_posts
from schema.windows import DayRange
from tests.fixtures.backtest_frames import (
    BacktestFrames,
    hourly,
    post_id,
    random_backtest_frames,
    scores,
    states,
)

Frame: TypeAlias = pl.DataFrame
Judge: TypeAlias = Callable[[BacktestFrames, DayRange], Frame]
D = date(2024, 2, 29)
DAY = DayRange(D, D)
DAYS = DayRange(D - timedelta(days=9), D)
POST = 1


def at(hours: float) -> datetime:
    """So many hours after the start of D."""
    return datetime(2024, 2, 29, tzinfo=UTC) + timedelta(hours=hours)


def day(offset: int) -> date:
    return D + timedelta(days=offset)


@pytest.fixture
def judge(lazy: Callable[[Frame], nw.LazyFrame[Any]]) -> Judge:
    """`judged_posts` on an engine, collected."""

    def run(frames: BacktestFrames, days: DayRange) -> Frame:
        tables = (lazy(frame) for frame in (frames.scores, frames.states, frames.engagement))
        judged: Frame = judged_posts(*tables, days=days).collect("polars").to_native()
        return judged

    return run


def one_post(
    engagement: Frame, *, created_at: datetime | None = None, **state: Any
) -> BacktestFrames:
    known = states([(POST, created_at or at(1))], **state)
    return BacktestFrames(scores([(D, POST, "1.50")]), known, engagement)


def test_amounts_by_hand(judge: Judge) -> None:
    engagement = hourly(
        [
            (day(-30), 23, POST, "LIKE", 100),  # too long ago
            (day(-1), 23, POST, "LIKE", 100),  # 24 hours ago: a half
            (D, 17, POST, "VIEW", 200),  # over 6 hours ago: 0.1 LIKEs
            (D, 18, POST, "SHARE", 100),
            (D, 23, POST, "COMMENT", 100),  # just now
            (day(1), 0, POST, "SAVE", 150),
            (day(1), 23, POST, "CLICK", 100),
            (day(2), 0, POST, "COMMENT", 900),  # too late
        ]
    )

    [row] = in_likes(judge(one_post(engagement), DAY)).to_dicts()

    assert row["weighted"] == 1 + 0.1 + 3 + 10
    assert row["last_day"] == 13.1
    assert row["last_hours"] == 13
    decayed = 0.5 + 0.1 * 0.5 ** (6 / 24) + 3 * 0.5 ** (5 / 24) + 10
    assert row["decayed"] == pytest.approx(decayed, rel=1e-5)
    assert row["target"] == 3 + 0.8
    assert row["age_s"] == 23 * 3_600
    assert row["engagement_score"] == row["prior_score"] == 1.5
    assert row["lower_score"] is None


def test_decay_is_exact_beyond_what_floats_tell_apart(judge: Judge) -> None:
    facts = [(day(-1), 5, POST, "LIKE", 305_000_001)]

    [row] = judge(one_post(hourly(facts)), DAY).to_dicts()

    at_end_of_its_day = 305_000_001 * 100 * round(DECAY_SCALE * 0.5 ** (18 / 24))
    assert row["decayed"] == at_end_of_its_day // 2 > 2**53


@pytest.mark.parametrize("value", [90_000_000_000, -90_000_000_000])
def test_of_a_post_beyond_all_measure_what_is_left_keeps_its_sign(judge: Judge, value: int) -> None:
    events = [(day(-n), hour, POST, "COMMENT", value) for n in range(30) for hour in range(24)]

    [row] = in_likes(judge(one_post(hourly(events)), DAY)).to_dicts()

    assert row["decayed"] * value > 0
    assert abs(row["decayed"]) < abs(row["weighted"])


def test_coordinated_engagement_is_left_out_before_and_after(judge: Judge) -> None:
    facts = [(D, 3, POST, "LIKE", 500), (day(1), 3, POST, "LIKE", 500)]
    frames = one_post(hourly(facts, coordinated_events=1, coordinated_value=200))

    [row] = in_likes(judge(frames, DAY)).to_dicts()

    assert (row["weighted"], row["target"], row["author_weighted"]) == (3, 3, 3)


def test_engagement_taken_back_after_the_day_is_nothing_and_not_less(judge: Judge) -> None:
    facts = [(D, 3, POST, "LIKE", -100), (day(1), 3, POST, "LIKE", -100)]

    [row] = in_likes(judge(one_post(hourly(facts)), DAY)).to_dicts()

    assert (row["weighted"], row["target"]) == (-1, 0)


def test_an_author_is_as_large_as_what_all_their_posts_got(judge: Judge) -> None:
    facts = [
        (D, 3, POST, "LIKE", 100),
        (day(-29), 3, 2, "COMMENT", 100),
        (day(-30), 3, 2, "LIKE", 1),
    ]

    [row] = in_likes(judge(one_post(hourly(facts)), DAY)).to_dicts()

    assert (row["weighted"], row["author_weighted"]) == (1, 11)


@pytest.mark.parametrize("visibility", ["PUBLIC", "FOLLOWERS", "PRIVATE", None])
def test_a_post_of_any_visibility_without_engagement_is_a_candidate(
    judge: Judge, visibility: str | None
) -> None:
    [row] = judge(one_post(hourly([]), visibility=visibility), DAY).to_dicts()

    assert row["post_id"] == post_id(POST)
    assert (row["weighted"], row["decayed"], row["target"]) == (0, 0, 0)


@pytest.mark.parametrize(
    ("hours", "is_candidate"), [(-144, True), (-144.001, False), (23.999, True), (24, False)]
)
def test_candidates_were_created_in_the_seven_days_that_end_with_the_day(
    judge: Judge, hours: float, is_candidate: bool
) -> None:
    frames = one_post(hourly([]), created_at=at(hours))

    assert judge(frames, DAY).height == is_candidate


@pytest.mark.parametrize(("hours", "is_candidate"), [(23.999, False), (24, True)])
def test_a_post_deleted_in_the_day_is_none_and_one_deleted_after_it_stays(
    judge: Judge, hours: float, is_candidate: bool
) -> None:
    assert judge(one_post(hourly([]), deleted_at=at(hours)), DAY).height == is_candidate


def test_a_post_that_was_not_scored_is_no_candidate(judge: Judge) -> None:
    frames = BacktestFrames(scores([]), states([(POST, at(1))]), hourly([]))

    assert judge(frames, DAY).is_empty()


@pytest.mark.parametrize("seed", range(5))
def test_the_frame_equals_independent_sql(
    judge: Judge, oracle: Callable[..., Frame], seed: int
) -> None:
    frames = random_backtest_frames(seed, DAYS)
    tables = {"post_scores": frames.scores, "post_states": frames.states}

    expected = oracle("backtest_inputs", DAYS, **tables, post_engagement=frames.engagement)
    judged = judge(frames, DAYS).with_columns(pl.col("decayed") / DECAY_SCALE)

    assert judged.height > 50
    assert judged.filter(pl.col("target") > 0).height > 10
    exact = [name for name in expected.columns if name != "decayed"]
    assert_frame_equal(judged.select(exact), expected.select(exact), check_dtypes=False)
    assert_frame_equal(
        judged.select("decayed"), expected.select("decayed"), abs_tol=1, rel_tol=1e-4
    )


def test_the_order_of_rows_changes_nothing(judge: Judge) -> None:
    frames = random_backtest_frames(7, DAYS)

    assert_frame_equal(judge(frames, DAYS), judge(frames.shuffled(seed=3), DAYS))


def test_a_range_equals_its_single_days(judge: Judge) -> None:
    frames = random_backtest_frames(8, DAYS)

    singly = [judge(frames, DayRange(day, day)) for day in DAYS]

    assert_frame_equal(judge(frames, DAYS), pl.concat(singly))


def test_no_row_of_the_future_leaks_into_what_is_known_at_the_end_of_the_day(judge: Judge) -> None:
    frames = random_backtest_frames(9, DAYS)
    is_past, is_target = pl.col("date") <= D, pl.col("date") <= day(1)
    past = BacktestFrames(*(frame.filter(is_past) for frame in frames.__dict__.values()))
    with_target = BacktestFrames(*(frame.filter(is_target) for frame in frames.__dict__.values()))

    everything = judge(frames, DAY)

    assert everything["target"].sum() > 0
    assert_frame_equal(judge(with_target, DAY), everything)
    assert_frame_equal(
        judge(past, DAY), everything.with_columns(pl.lit(0, pl.Int64).alias("target"))
    )


def test_of_no_rows_come_no_rows(judge: Judge) -> None:
    assert judge(BacktestFrames(scores([]), states([]), hourly([])), DAYS).is_empty()
