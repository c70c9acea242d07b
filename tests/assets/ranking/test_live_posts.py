from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import narwhals as nw
import polars as pl

from assets.ranking.live_posts import live_posts
from schema.windows import DayRange

MONDAY, TUESDAY, WEDNESDAY, THURSDAY = (date(2026, 3, day) for day in (23, 24, 25, 26))
NOON = datetime(2026, 3, 23, 12, tzinfo=UTC)


def test_a_post_stands_as_its_newest_state_of_each_day_says(
    lazy: Callable[[pl.DataFrame], nw.LazyFrame[Any]],
    states: Callable[..., pl.DataFrame],
    post: Callable[[int], bytes],
) -> None:
    known = states(
        (MONDAY, post(1), NOON),
        (WEDNESDAY, post(1), NOON, "PRIVATE"),
        (THURSDAY, post(1), NOON, "PRIVATE", NOON + timedelta(days=3)),
    )

    live = live_posts(lazy(known), days=DayRange(MONDAY, THURSDAY), width=30)

    rows = live.sort("date").collect("polars").to_native().select("date", "visibility").rows()
    assert rows == [(MONDAY, "PUBLIC"), (TUESDAY, "PUBLIC"), (WEDNESDAY, "PRIVATE")]


def test_a_state_is_forgotten_after_the_width_of_the_window(
    lazy: Callable[[pl.DataFrame], nw.LazyFrame[Any]],
    states: Callable[..., pl.DataFrame],
    post: Callable[[int], bytes],
) -> None:
    known = states((MONDAY, post(1), NOON))

    live = live_posts(lazy(known), days=DayRange(MONDAY, THURSDAY), width=2)

    dates = live.sort("date").collect("polars").to_native()["date"].to_list()
    assert dates == [MONDAY, TUESDAY]
