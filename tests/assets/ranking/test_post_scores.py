from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TypeAlias

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from assets.ranking.post_scores import LOOKBACK_DAYS
from schema.tables.post_scores import MAX_SCORE, PostScores
from schema.validation import validate
from schema.windows import DayRange

Frame: TypeAlias = pl.DataFrame
Score: TypeAlias = Callable[[Frame, Frame, DayRange], Frame]
Build: TypeAlias = Callable[..., Frame]
PostId: TypeAlias = Callable[[int], bytes]

D = date(2026, 3, 31)
TODAY = DayRange(D, D)
END = datetime(2026, 4, 1, tzinfo=UTC)
NOON = datetime(2026, 3, 31, 12, tzinfo=UTC)
US = timedelta(microseconds=1)


def ago(days: int) -> date:
    return D - timedelta(days=days)


def numbers(scored: Frame) -> list[tuple[str, str, str]]:
    columns = ["engagement_score", "score_from_day", "score_from_earlier"]
    return [tuple(str(value) for value in row) for row in scored.select(columns).iter_rows()]  # type: ignore[misc]


def test_the_rate_of_engagement_halves_every_day(
    score: Score, states: Build, engagement: Build, post: PostId
) -> None:
    one, two = post(1), post(2)
    engaged = engagement(
        (D, one, "LIKE", 300),
        (D, one, "VIEW", 200),
        (ago(1), one, "COMMENT", 100),
        (ago(29), two, "SHARE", 99_900),
    )
    known = states((D, one, NOON), (ago(29), two, NOON - timedelta(days=29)))

    scored = score(engaged, known, DayRange(D, D + timedelta(days=1)))

    assert scored.select("date", "post_id").rows() == [(D, one), (D, two), (ago(-1), one)]
    # 3.1 / 2 + 10 / 4; 2,997 / 2^30; a day later 3.1 / 4 + 10 / 8, and post 2 is out of sight.
    assert numbers(scored) == [
        ("4.05", "1.55", "2.50"),
        ("0.00", "0.00", "0.00"),
        ("2.03", "0.00", "2.03"),
    ]


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("VIEW", "0.03"),
        ("CLICK", "0.40"),
        ("LIKE", "0.50"),
        ("SAVE", "1.00"),
        ("SHARE", "1.50"),
        ("COMMENT", "5.00"),
    ],
)
def test_one_event_of_today_is_worth_half_its_weight_rounded_half_up(
    score: Score, states: Build, engagement: Build, post: PostId, kind: str, expected: str
) -> None:
    scored = score(engagement((D, post(1), kind, 100)), states((D, post(1), NOON)), TODAY)

    assert numbers(scored) == [(expected, expected, "0.00")]


def test_a_post_is_scored_from_its_creation_or_engagement_for_thirty_days(
    score: Score, states: Build, engagement: Build, post: PostId
) -> None:
    opening = datetime(2026, 3, 2, tzinfo=UTC)
    known = states(
        (ago(29), post(1), opening),
        (ago(29), post(2), opening - US),
        (ago(3), post(3), opening - timedelta(days=900)),
        (ago(30), post(4), opening - US),
        (D, post(5), END),
    )
    engaged = engagement((ago(3), post(3), "VIEW", 0), (ago(30), post(4), "LIKE", 100))

    scored = score(engaged, known, TODAY)

    assert scored["post_id"].to_list() == [post(1), post(3)]
    assert numbers(scored) == [("0.00", "0.00", "0.00")] * 2


def test_a_post_deleted_by_the_end_of_the_day_is_not_scored(
    score: Score, states: Build, engagement: Build, post: PostId
) -> None:
    known = states(
        (D, post(1), NOON, "PUBLIC", END),
        (D, post(2), NOON, "PUBLIC", END - US),
        (ago(1), post(3), NOON - timedelta(days=1)),
        (D, post(3), NOON - timedelta(days=1), "PUBLIC", NOON),
        (D, post(4), NOON, "PRIVATE"),
    )

    scored = score(engagement(), known, TODAY)

    assert scored["post_id"].to_list() == [post(1), post(4)]


def test_a_score_is_neither_negative_nor_too_large_for_its_column(
    score: Score, states: Build, engagement: Build, post: PostId
) -> None:
    engaged = engagement(
        (D, post(1), "LIKE", -500),
        (D, post(2), "COMMENT", 10**14),
        (D, post(3), "LIKE", 1_000),
        (ago(1), post(3), "LIKE", -400),
    )
    known = states(*((D, post(number), NOON) for number in (1, 2, 3)))

    scored = score(engaged, known, TODAY)

    assert numbers(scored) == [
        ("0.00", "0.00", "0.00"),
        (str(MAX_SCORE), str(MAX_SCORE), "0.00"),
        ("4.00", "4.00", "0.00"),
    ]


def test_engagement_without_a_known_post_is_not_scored(
    score: Score, states: Build, engagement: Build, post: PostId
) -> None:
    scored = score(engagement((D, post(1), "LIKE", 100)), states(), TODAY)

    assert scored.is_empty()


def test_what_happens_later_changes_no_score(
    score: Score, random_platform: Callable[..., tuple[Frame, Frame]]
) -> None:
    engaged, known = random_platform(5, DayRange(ago(35), ago(-5)))
    until = pl.col("date") <= D

    with_future = score(engaged, known, TODAY)

    assert_frame_equal(score(engaged.filter(until), known.filter(until), TODAY), with_future)


@pytest.mark.parametrize("seed", range(4))
def test_scores_agree_with_the_oracle_and_their_contract(
    score: Score,
    oracle: Build,
    random_platform: Callable[..., tuple[Frame, Frame]],
    seed: int,
) -> None:
    days = DayRange(ago(9), D)
    engaged, known = random_platform(seed, days.preceded_by(LOOKBACK_DAYS + 3))

    scored = score(engaged, known, days)

    expected = oracle("post_scores", days, post_engagement=engaged, post_states=known)
    assert_frame_equal(scored, expected)
    assert scored["engagement_score"].max() > Decimal(1)  # type: ignore[operator]
    for _, partition in scored.group_by("date"):
        validate(partition, PostScores, partition="post_scores")


def test_a_range_at_once_equals_its_days_one_by_one(
    score: Score, random_platform: Callable[..., tuple[Frame, Frame]]
) -> None:
    days = DayRange(ago(6), D)
    engaged, known = random_platform(11, days.preceded_by(LOOKBACK_DAYS))

    at_once = score(engaged, known, days)

    def of(day: date) -> pl.Expr:
        window = DayRange(day, day).preceded_by(LOOKBACK_DAYS)
        return pl.col("date").is_between(window.first, window.last)

    singly = [
        score(engaged.filter(of(day)), known.filter(of(day)), DayRange(day, day)) for day in days
    ]
    assert_frame_equal(at_once, pl.concat(singly))
