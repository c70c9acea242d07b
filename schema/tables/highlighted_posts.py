"""Contract of the lake table `highlighted_posts`."""

from decimal import Decimal
from enum import StrEnum

import pandera.polars as pa
import polars as pl

from schema.tables.columns import Contract, Instant, Score, identifier, unit
from schema.tables.post_scores import MAX_SCORE

MAX_HIGHLIGHTED = 100
MAX_PER_AUTHOR = 2


class HighlightList(StrEnum):
    """The lists; `HighlightedPosts` defines them."""

    DIVERSE = "DIVERSE"
    SMALL_CREATORS = "SMALL_CREATORS"
    RESURFACING = "RESURFACING"


class HighlightedPosts(Contract):
    """Lists beside the popular posts: up to 100 live public posts each, as of the end of D.

    DIVERSE: of the last 7 days, in the order of the popular posts, at most 2 per author.
    SMALL_CREATORS: of the last 7 days, scored above 0, of authors whose other posts together score
    less than the posts of the median author, of those with any score on D.
    RESURFACING: older than 7 days, and scored higher than had nobody engaged with them on D.

    Grain: (date, list, post_id). Source: `post_scores`, `post_states`.
    Order: score, then newest, then id. No row means not on the list.
    """

    date: pl.Date = pa.Field(description="UTC day at whose end the posts were listed")
    list: pl.String = pa.Field(
        isin=[name.value for name in HighlightList], description="which list the row is of"
    )
    rank: pl.Int64 = pa.Field(
        metadata=unit("place"),
        ge=1,
        le=MAX_HIGHLIGHTED,
        description="place in the list, 1 for the best, without gaps",
    )
    post_id: pl.Binary = identifier("the post")
    author_id: pl.Binary = identifier("its author")
    engagement_score: Score = pa.Field(
        metadata=unit("LIKEs"),
        ge=Decimal(0),
        le=MAX_SCORE,
        description="expected weighted engagement, in LIKEs",
    )
    created_at: Instant = pa.Field(description="when it was posted (UTC)")

    # Checks of a column, not of the frame, for the reason given in `post_scores`.
    @pa.check("rank", error="a post is on a list once a day")
    def grain_is_unique(cls, rows: pa.PolarsData) -> pl.LazyFrame:
        """Refuse a second row of a post on a list."""
        return rows.lazyframe.select(pl.struct("date", "list", "post_id").is_unique())

    @pa.check("rank", error="a list's ranks are 1, 2, 3 and so on")
    def ranks_have_no_gaps(cls, rows: pa.PolarsData) -> pl.LazyFrame:
        """Refuse ranks that are shared, or beyond the number of the list's posts."""
        is_alone = pl.struct("date", "list", "rank").is_unique()
        return rows.lazyframe.select(is_alone & (pl.col("rank") <= pl.len().over("date", "list")))

    @pa.check("author_id", error="an author has at most 2 posts on the diverse list")
    def diverse_list_is_diverse(cls, rows: pa.PolarsData) -> pl.LazyFrame:
        """Refuse a third post of an author on the diverse list."""
        is_few = pl.len().over("date", "list", "author_id") <= MAX_PER_AUTHOR
        return rows.lazyframe.select((pl.col("list") != HighlightList.DIVERSE.value) | is_few)
