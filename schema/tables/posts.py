"""Contract of the lake table `posts`."""

import pandera.polars as pa
import polars as pl

from schema.tables.columns import Contract, Instant, identifier, unit
from schema.vocabulary import MediaType, Visibility


class Posts(Contract):
    """One row per post; partition D holds the posts created on D, deleted ones included.

    Grain: id. Source: `posts`, without its text.
    """

    id: pl.Binary = identifier("the post")
    user_id: pl.Binary = identifier("its author")
    media_type: pl.String = pa.Field(
        nullable=True, isin=[kind.value for kind in MediaType], description="media; null for text"
    )
    visibility: pl.String = pa.Field(
        nullable=True, isin=[kind.value for kind in Visibility], description="who may see it"
    )
    created_at: Instant = pa.Field(description="when it was posted (UTC)")
    created_us: pl.Int64 = pa.Field(
        metadata=unit("microseconds"), description="when it was posted, microseconds since 1970"
    )
