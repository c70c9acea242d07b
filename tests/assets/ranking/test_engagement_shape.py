from collections.abc import Callable
from datetime import timedelta
from typing import Any

import narwhals as nw
import polars as pl
import pytest

from assets.ranking.engagement_shape import (
    BINS,
    KINDS,
    events_name,
    kind_name,
    summarize_audience,
    summarize_shape,
    weight_name,
)
from assets.ranking.weights import WEIGHTS
from assets.resources.engine import run
from schema.vocabulary import EngagementType
from schema.windows import DayRange
from tests.fixtures.ranking_frames import TODAY, D, Event, RankingFrames, post_id, ranking_frames

EVE = D - timedelta(days=1)
OLDEST = D - timedelta(days=29)
SHOWN = [
    *(weight_name(hours) for hours in BINS),
    *(events_name(hours) for hours in BINS),
    *(kind_name(kind, of_day=of_day) for kind in KINDS for of_day in (True, False)),
]


@pytest.fixture
def shape(lazy: Callable[[pl.DataFrame], nw.LazyFrame[Any]]) -> Callable[..., pl.DataFrame]:
    """`summarize_shape` of events, on an engine."""

    def build(*events: Event, days: DayRange = TODAY) -> pl.DataFrame:
        hourly = lazy(ranking_frames([], events).post_engagement_hourly)
        return run(summarize_shape(hourly, days=days)).sort("date", "post_id")

    return build


def told(row: pl.DataFrame) -> dict[str, int]:
    """What one post's row says, without its zeros."""
    [facts] = row.select(SHOWN).to_dicts()
    return {name: number for name, number in facts.items() if number}


def test_bins_part_the_thirty_days() -> None:
    assert [after for after, _ in BINS] == [0, *(until for _, until in BINS[:-1])]
    assert BINS[-1][1] == 30 * 24


def test_every_type_of_engagement_has_a_weight() -> None:
    assert set(WEIGHTS) == set(EngagementType)


def test_engagement_is_weighed_by_type_and_binned_by_the_hours_before_the_end_of_the_day(
    shape: Callable[..., pl.DataFrame],
) -> None:
    row = shape(
        Event(1, D, 23, "LIKE", 100),
        Event(1, D, 23, "VIEW", 200),
        Event(1, D, 18, "COMMENT", 150),
        Event(1, D, 0, "CLICK", 100),
        Event(1, EVE, 23, "SHARE", 100),
        Event(1, OLDEST, 0, "SAVE", 100),
        Event(1, OLDEST - timedelta(days=1), 23, "SHARE", 100),
        Event(1, D + timedelta(days=1), 0, "SHARE", 100),
    )

    assert told(row) == {
        "weight_1h": 100 * 100 + 5 * 200,
        "weight_6h": 1_000 * 150,
        "weight_24h": 80 * 100,
        "weight_48h": 300 * 100,
        "weight_720h": 200 * 100,
        "events_1h": 2,
        "events_6h": 1,
        "events_24h": 1,
        "events_48h": 1,
        "events_720h": 1,
        "like_day": 1,
        "like_all": 1,
        "view_day": 1,
        "view_all": 1,
        "comment_day": 1,
        "comment_all": 1,
        "click_day": 1,
        "click_all": 1,
        "share_all": 1,
        "save_all": 1,
    }
    assert row["hours_since_last", "hours_since_last_before"].row(0) == (1, 25)


@pytest.mark.parametrize(("after", "until"), BINS)
def test_a_bin_holds_its_hours_and_no_others(
    shape: Callable[..., pl.DataFrame], after: int, until: int
) -> None:
    def ago(hours: int) -> Event:
        return Event(1, D - timedelta(days=(hours - 1) // 24), 23 - (hours - 1) % 24, "LIKE")

    hours = [hours for hours in (after, after + 1, until, until + 1) if hours > 0]
    row = shape(*(ago(hour) for hour in hours))

    assert row[events_name((after, until))].item() == sum(after < hour <= until for hour in hours)


def test_the_authors_own_events_are_no_engagement(shape: Callable[..., pl.DataFrame]) -> None:
    assert shape(Event(1, D, 12, "LIKE", account=0)).is_empty()


def test_coordinated_events_are_counted_apart_and_are_no_sign_of_life(
    shape: Callable[..., pl.DataFrame],
) -> None:
    burst = {"is_coordinated": True}
    row = shape(
        Event(1, D, 23, "LIKE", 100, **burst),
        Event(1, D, 23, "LIKE", 200, **burst),
        Event(1, EVE, 20, "SHARE", 100, **burst),
        Event(1, EVE, 10, "VIEW", 100),
    )

    assert told(row) == {"weight_48h": 500, "events_48h": 1, "view_all": 1}
    apart = row["coordinated_events", "coordinated_weight_day", "coordinated_weight"]
    assert apart.row(0) == (3, 30_000, 60_000)
    assert row["hours_since_last", "hours_since_last_before"].row(0) == (38, 38)


def test_what_was_taken_back_is_negative_and_a_sign_of_life(
    shape: Callable[..., pl.DataFrame],
) -> None:
    row = shape(Event(1, D, 21, "LIKE", -100), Event(1, EVE, 21, "LIKE", 300))

    assert told(row) == {
        "weight_3h": -10_000,
        "weight_48h": 30_000,
        "events_3h": 1,
        "events_48h": 1,
        "like_day": 1,
        "like_all": 2,
    }
    assert row["hours_since_last"].item() == 3


def test_accounts_are_summed_over_the_days_without_coordinated_ones(
    lazy: Callable[[pl.DataFrame], nw.LazyFrame[Any]],
) -> None:
    frames: RankingFrames = ranking_frames(
        [],
        [
            Event(1, D, 1, "LIKE", account=1),
            Event(1, D, 2, "VIEW", account=1),
            Event(1, D, 2, "VIEW", account=2),
            Event(1, D, 3, "LIKE", account=3, is_coordinated=True),
            Event(1, EVE, 2, "VIEW", account=2),
            Event(1, OLDEST - timedelta(days=1), 2, "VIEW", account=4),
            Event(2, EVE, 2, "VIEW", account=4),
        ],
    )

    rows = run(summarize_audience(lazy(frames.post_audience_daily), days=TODAY)).sort("post_id")

    assert rows.select("post_id", "accounts_day", "accounts_all").rows() == [
        (post_id(1), 2, 3),
        (post_id(2), 0, 1),
    ]
