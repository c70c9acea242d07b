"""Contract of the lake table `comments`."""

import pandera.polars as pa
import polars as pl

from schema.tables.columns import Contract, Instant, identifier, unit


class Comments(Contract):
    """One row per comment; partition D holds the comments created on D, deleted ones included.

    Grain: id. Source: `comments`, without its text.
    """

    id: pl.Binary = identifier("the comment")
    post_id: pl.Binary = identifier("the post commented on")
    user_id: pl.Binary = identifier("who commented")
    parent_id: pl.Binary = identifier("the comment replied to", nullable=True)
    created_at: Instant = pa.Field(description="when it was written (UTC)")
    created_us: pl.Int64 = pa.Field(
        metadata=unit("microseconds"), description="when it was written, microseconds since 1970"
    )
