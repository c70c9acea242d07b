from collections.abc import Callable
from datetime import date, timedelta
from typing import Any, TypeAlias

import narwhals as nw
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from assets.ranking.candidates import (
    LOOKBACK_DAYS,
    collect_candidates,
    without_last_day,
)
from assets.resources.engine import DuckDBEngine
from schema.windows import DayRange
from tests.fixtures.random_ranking import PLATFORMS, random_ranking
from tests.fixtures.ranking_frames import (
    ANN,
    BOB,
    END,
    NOON,
    TODAY,
    D,
    Event,
    Post,
    RankingFrames,
    candidates_of,
    post_id,
    ranking_frames,
)

Frame: TypeAlias = pl.DataFrame
Lazy: TypeAlias = Callable[[Frame], nw.LazyFrame[Any]]
Collect: TypeAlias = Callable[..., Frame]

DAYS = DayRange(D - timedelta(days=6), D)
SEEN = DAYS.preceded_by(LOOKBACK_DAYS + 3)
US = timedelta(microseconds=1)
OPENING = END - timedelta(days=30)


def ago(days: int) -> date:
    return D - timedelta(days=days)


@pytest.fixture
def collect(lazy: Lazy) -> Collect:
    """`collect_candidates` on an engine."""

    def run(frames: RankingFrames, days: DayRange = TODAY) -> Frame:
        return collect_candidates(frames.on(lazy), days=days)

    return run


def scored(candidates: Frame) -> list[bytes]:
    return candidates["post_id"].to_list()


def test_a_post_is_scored_from_its_creation_for_thirty_days(collect: Collect) -> None:
    frames = ranking_frames(
        [Post(1, OPENING), Post(2, OPENING - US), Post(3, END - US), Post(4, END)]
    )

    assert scored(collect(frames)) == [post_id(1), post_id(3)]


@pytest.mark.parametrize(
    ("event", "is_scored"),
    [
        (Event(1, D, 12, "VIEW"), True),
        (Event(1, ago(29), 0, "VIEW"), True),
        (Event(1, ago(30), 23, "VIEW"), False),
        (Event(1, ago(-1), 0, "VIEW"), False),
        (Event(1, ago(3), 12, "LIKE", account=0), True),
        (Event(1, ago(3), 12, "LIKE", is_coordinated=True), True),
        (Event(1, ago(3), 12, "LIKE", value=-100), True),
    ],
)
def test_an_old_post_is_scored_while_whoever_has_engaged_with_it_within_thirty_days(
    collect: Collect, event: Event, *, is_scored: bool
) -> None:
    frames = ranking_frames([Post(1, OPENING - timedelta(days=900))], [event])
    # A post is touched when somebody engages with it, and its state is then told again.
    touched = frames.post_states.with_columns(pl.lit(event.day).alias("date"))

    candidates = collect(RankingFrames(**frames.tables() | {"post_states": touched}))

    assert scored(candidates) == ([post_id(1)] if is_scored else [])


def test_a_post_deleted_by_the_end_of_the_day_is_not_scored(collect: Collect) -> None:
    frames = ranking_frames(
        [
            Post(1, deleted_at=END),
            Post(2, deleted_at=END - US),
            Post(3, visibility="PRIVATE"),
            Post(4, visibility=None),
        ],
        [Event(2, D, 12, "LIKE")],
    )

    assert scored(collect(frames)) == [post_id(1), post_id(3), post_id(4)]


def test_engagement_without_a_known_post_is_not_scored(collect: Collect) -> None:
    assert collect(ranking_frames([], [Event(1, D, 12, "LIKE")])).is_empty()


def test_a_post_that_nobody_engaged_with_has_zeros_and_no_last_moment(collect: Collect) -> None:
    [row] = collect(ranking_frames([Post(1, media_type="VIDEO")])).to_dicts()

    post = {
        "date": D,
        "post_id": post_id(1),
        "author_id": ANN,
        "visibility": "PUBLIC",
        "media_type": "VIDEO",
        "created_at": NOON,
        "ends_at": END,
    }
    moments = {"hours_since_last": None, "hours_since_last_before": None}
    assert row == dict.fromkeys(row, 0) | post | moments


def test_follows_of_the_thirty_days_count_for_every_post_of_who_is_followed(
    collect: Collect,
) -> None:
    follows = [(D, ANN), (ago(29), ANN), (ago(30), ANN), (ago(-1), ANN), (D, b"C" * 16)]
    frames = ranking_frames([Post(1), Post(2, author=BOB), Post(3)], [], follows)

    assert collect(frames)["followers_gained"].to_list() == [2, 0, 2]


@pytest.mark.parametrize(("seed", "platform"), list(enumerate(PLATFORMS)))
def test_candidates_agree_with_the_oracle_in_every_column(
    collect: Collect, oracle: Callable[..., Frame], seed: int, platform: str
) -> None:
    frames = random_ranking(seed, SEEN, **PLATFORMS[platform])

    candidates = collect(frames, DAYS)

    expected = oracle("candidates", DAYS, **frames.tables())
    asked = [name for name in expected.columns if name.startswith("hours_since")]
    told = pl.exclude("date", "post_id", "author_id", "visibility", "media_type", "^.*_at$", *asked)
    expected = expected.with_columns(told.cast(pl.Int64).fill_null(0))
    assert_frame_equal(candidates, expected, check_column_order=False)
    assert candidates.is_empty() == (platform == "nothing")


def test_both_engines_give_the_very_same_candidates(collect: Collect) -> None:
    frames = random_ranking(5, SEEN)

    assert_frame_equal(collect(frames, DAYS), candidates_of(frames, DAYS))


def test_what_happens_later_changes_no_candidate(collect: Collect) -> None:
    frames = random_ranking(6, DayRange(SEEN.first, ago(-9)))

    with_future = collect(frames, DAYS)

    assert_frame_equal(collect(frames.between(SEEN.first, D), DAYS), with_future)


def test_what_happened_before_the_look_back_changes_no_candidate(collect: Collect) -> None:
    frames = random_ranking(7, SEEN)
    seen = DAYS.preceded_by(LOOKBACK_DAYS)

    assert_frame_equal(collect(frames.between(seen.first, D), DAYS), collect(frames, DAYS))


def test_a_range_at_once_equals_its_days_one_by_one(collect: Collect) -> None:
    frames = random_ranking(8, SEEN)

    singly = [collect(frames, DayRange(day, day)) for day in DAYS]

    assert_frame_equal(collect(frames, DAYS), pl.concat(singly))


def test_the_order_of_rows_changes_no_candidate(collect: Collect) -> None:
    frames = random_ranking(9, SEEN)

    assert_frame_equal(collect(frames.shuffled(1), DAYS), collect(frames, DAYS))


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Kolkata"])
def test_days_do_not_depend_on_the_zone_of_the_session(zone: str) -> None:
    frames = random_ranking(10, SEEN)
    engine = DuckDBEngine()
    engine.connection.execute(f"SET TimeZone = '{zone}'")

    candidates = collect_candidates(frames.on(engine.lazy), days=DAYS)

    engine.connection.close()
    assert_frame_equal(
        candidates.with_columns(pl.col("created_at", "ends_at").dt.convert_time_zone("UTC")),
        candidates_of(frames, DAYS),
    )


def test_without_the_last_day_candidates_are_those_of_a_platform_that_slept_on_it() -> None:
    """The author's own events stay, so that the same posts are candidates."""
    frames = random_ranking(11, SEEN)
    is_earlier = pl.col("date") < D
    asleep = RankingFrames(
        **frames.tables()
        | {
            "post_engagement_hourly": frames.post_engagement_hourly.filter(is_earlier),
            "post_audience_daily": frames.post_audience_daily.filter(is_earlier),
        }
    )
    # How much was coordinated is told of the post as it is, and is no feature.
    unasked = pl.exclude("coordinated_events", "coordinated_weight")

    idle = without_last_day(candidates_of(frames))

    assert_frame_equal(idle.select(unasked), candidates_of(asleep).select(unasked))
    assert not idle.equals(candidates_of(frames))
