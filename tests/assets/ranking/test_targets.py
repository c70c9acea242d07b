from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeAlias

import narwhals as nw
import polars as pl

from assets.ranking.targets import engagement_of_day_after
from assets.ranking.weights import UNITS_PER_LIKE, honest_weight
from assets.resources.engine import run
from tests.fixtures.ranking_frames import TODAY, D, Event, post_id, ranking_frames

Lazy: TypeAlias = Callable[[pl.DataFrame], nw.LazyFrame[Any]]
TOMORROW, LATER = D + timedelta(days=1), D + timedelta(days=2)


def test_targets_are_the_weighted_engagement_of_the_day_after(lazy: Lazy) -> None:
    events = [
        Event(1, D, 23, "COMMENT"),
        Event(1, TOMORROW, 0, "LIKE", 150),
        Event(1, TOMORROW, 23, "VIEW", 100),
        Event(1, TOMORROW, 23, "SHARE", is_coordinated=True),
        Event(1, TOMORROW, 23, "SHARE", account=0),
        Event(1, LATER, 0, "LIKE"),
        Event(2, TOMORROW, 5, "LIKE", -100),
        Event(3, LATER, 5, "LIKE"),
    ]
    hourly = lazy(ranking_frames([], events).post_engagement_hourly)
    weighted = hourly.select("date", "post_id", weighted=honest_weight())

    targets = run(engagement_of_day_after(weighted, days=TODAY)).sort("post_id")

    assert targets.select("date", "post_id").rows() == [(D, post_id(1)), (D, post_id(2))]
    assert (targets["target"] / UNITS_PER_LIKE).to_list() == [1.55, 0.0]
