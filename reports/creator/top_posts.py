"""The posts of each creator that got most in a period."""

import narwhals as nw
import polars as pl

from assets.analytics.rows import Rows, total
from reports.creator.model import ENGAGEMENTS, MOST_POSTS
from reports.creator.totals import NOTHING, count_by_type
from schema.vocabulary import EngagementType, Visibility

POST = ("author_id", "post_id")


def count_by_post(engagement: Rows) -> Rows:
    """Impressions and engagements per type of each post of `post_engagement_daily`."""
    is_view = nw.col("engagement_type") == EngagementType.VIEW.value
    seen = nw.when(is_view).then(nw.col("events")).otherwise(NOTHING)
    impressions = engagement.select(*POST, impressions=seen).group_by(*POST)
    by_type = count_by_type(engagement, *POST)
    return by_type.join(impressions.agg(total("impressions")), on=list(POST))


def newest_states(states: Rows) -> Rows:
    """Each post of `post_states` as it stood last."""
    last = states.group_by("id").agg(nw.col("date").max())
    columns = ("id", "user_id", "visibility", "media_type", "created_at")
    return states.join(last, on=["id", "date"]).select(*columns)


def choose_posts(counts: pl.DataFrame, states: pl.DataFrame) -> pl.DataFrame:
    """The MOST_POSTS of each author with most engagement, then impressions, then the newest.

    Columns: those of `counts`, `place` (1 for the first), `created_at`, `media_type`, `visibility`.
    """
    known = counts.join(
        states.rename({"id": "post_id", "user_id": "author_id"}), on=list(POST)
    ).with_columns(
        # What the column's default says.
        pl.col("visibility").fill_null(Visibility.PUBLIC.value),
        total=pl.sum_horizontal(ENGAGEMENTS),
    )
    in_order = known.sort(
        *("author_id", "total", "impressions", "created_at", "post_id"),
        descending=[False, True, True, True, False],
    )
    placed = in_order.with_columns(place=pl.int_range(1, pl.len() + 1).over("author_id"))
    return placed.filter(pl.col("place") <= MOST_POSTS).drop("total")
