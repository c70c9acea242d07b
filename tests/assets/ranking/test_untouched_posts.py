"""What a day without engagement means for a post while others are engaged with."""

import random
from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from assets.ranking.candidates import RankingTables, collect_candidates
from assets.ranking.features import FEATURES, build_features, build_idle_features
from assets.ranking.post_scores import score_posts
from assets.ranking.score_model import PRIOR
from assets.resources.engine import open_engine
from schema.tables.columns import Contract, polars_schema
from schema.tables.follows import Follows
from schema.tables.post_audience_daily import PostAudienceDaily
from schema.tables.post_engagement_daily import PostEngagementDaily
from schema.tables.post_engagement_hourly import PostEngagementHourly
from schema.tables.post_states import PostStates
from schema.vocabulary import EngagementType
from schema.windows import DayRange, start_of

DAY = date(2024, 2, 29)
DAYS = DayRange(DAY, DAY)
POSTS = 40


@pytest.fixture(scope="module")
def candidates() -> pl.DataFrame:
    """Posts of three weeks, some of them engaged with on the last day."""
    dice = random.Random(5)
    made = {number: DAY - timedelta(days=number % 21) for number in range(POSTS)}
    cells = [
        (day, hour, _id(number), kind.value, _id(number % 7), events, events * 100, 0, 0)
        for number, first in made.items()
        for day in DayRange(first, DAY)
        for hour in dice.sample(range(24), 2)
        for kind in dice.sample(list(EngagementType), 2)
        if (events := dice.randint(0, 9)) and (day < DAY or number % 3 == 0)
    ]
    hourly = _frame(PostEngagementHourly, cells)
    by_post = hourly.group_by("date", "post_id", "author_id")
    daily = hourly.group_by("date", "post_id", "author_id", "engagement_type").agg(
        pl.col("audience_events", "audience_value").sum(), events=pl.sum("audience_events")
    )
    audience = by_post.agg(accounts=pl.sum("audience_events"), coordinated_accounts=pl.lit(0))
    states = [
        (_id(n), _id(n % 7), "PUBLIC", None, start_of(day), None, day) for n, day in made.items()
    ]
    tables = (
        daily.select(*polars_schema(PostEngagementDaily)),
        hourly,
        audience.select(*polars_schema(PostAudienceDaily)),
        pl.DataFrame(states, schema={**polars_schema(PostStates), "date": pl.Date()}, orient="row"),
        pl.DataFrame(schema={"date": pl.Date(), **polars_schema(Follows)}),
    )
    lazy = open_engine("polars").lazy
    return collect_candidates(RankingTables(*map(lazy, tables)), days=DAYS)


def test_a_post_that_nobody_engaged_with_is_told_the_same_as_if_nobody_had(
    candidates: pl.DataFrame,
) -> None:
    features = build_features(candidates)
    is_untouched = (features["weight_day"] == 0) & (features["accounts_day"] == 0)
    idle = build_idle_features(candidates, features)
    assert 0 < is_untouched.sum() < POSTS
    assert_frame_equal(
        idle.filter(is_untouched).select(FEATURES), features.filter(is_untouched).select(FEATURES)
    )


def test_only_posts_of_which_the_day_brought_something_score_otherwise_than_idle(
    candidates: pl.DataFrame,
) -> None:
    scores = score_posts(candidates, {DAY: PRIOR})
    is_touched = candidates["accounts_day"] > 0
    is_other = scores["engagement_score"] != scores["idle_score"]
    assert is_other.any()
    assert not (is_other & ~is_touched).any()


def test_idle_scores_are_those_of_all_posts_scored_without_the_day(
    candidates: pl.DataFrame,
) -> None:
    idle = build_idle_features(candidates, build_features(candidates))
    scored = score_posts(candidates, {DAY: PRIOR})["idle_score"]
    assert (scored.cast(pl.Float64) * 100).round().to_list() == PRIOR.score(idle).tolist()


def test_young_posts_alone_score_as_they_do_among_all(candidates: pl.DataFrame) -> None:
    whole = score_posts(candidates, {DAY: PRIOR})
    young = score_posts(candidates, {DAY: PRIOR}, young_only=[DAY])
    age = candidates["ends_at"] - candidates["created_at"]
    assert 0 < young.height < whole.height
    assert_frame_equal(young, whole.filter(age <= timedelta(days=7)))


def _id(number: int) -> bytes:
    return number.to_bytes(16, "big")


def _frame(contract: type[Contract], rows: list[tuple[Any, ...]]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=polars_schema(contract), orient="row")
