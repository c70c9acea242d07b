"""Read what a back-test judges, some days at a time, for the command and the check."""

from collections.abc import Callable, Iterator
from datetime import date

import polars as pl

from assets.ranking.backtest_inputs import judged_posts
from assets.ranking.public_posts import WINDOW_DAYS
from assets.resources.engine import run
from assets.resources.published import Published
from pipelines.backtest_days import engagement_days, history_of
from schema.tables.post_engagement_hourly import PostEngagementHourly
from schema.tables.post_scores import PostScores
from schema.tables.post_states import PostStates
from schema.windows import DayRange

# Each day looks back on 30: a fortnight at once keeps their product small.
CHUNK_DAYS = 14


def read_judged(
    published: Published,
    days: DayRange,
    first_day: date,
    on_chunk: Callable[[DayRange], None] = lambda _days: None,
) -> Iterator[pl.DataFrame]:
    """Collect the posts of some days at a time, so that memory does not grow with the range."""
    for chunk in days.chunks(CHUNK_DAYS):
        on_chunk(chunk)
        yield _judge(published, chunk, first_day)


def _judge(published: Published, days: DayRange, first_day: date) -> pl.DataFrame:
    """Scores of the days with what posts had got and got next."""
    states = history_of(days, WINDOW_DAYS, first_day)
    engagement = engagement_days(days, first_day)
    judged = judged_posts(
        published.scan("post_scores", PostScores, days),
        published.scan("post_states", PostStates, states),
        published.scan("post_engagement_hourly", PostEngagementHourly, engagement),
        days=days,
    )
    return run(judged)
