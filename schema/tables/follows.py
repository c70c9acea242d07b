"""Contract of the lake table `follows`."""

import pandera.polars as pa
import polars as pl

from schema.tables.columns import Contract, Instant, identifier


class Follows(Contract):
    """One row per follow created on D, those deleted since included.

    Grain: (follower_id, following_id, created_at). Source: `user_followers`, `audit_log`.
    """

    follower_id: pl.Binary = identifier("who follows")
    following_id: pl.Binary = identifier("who is followed")
    created_at: Instant = pa.Field(description="when the follow began (UTC)")
    deleted_at: Instant = pa.Field(nullable=True, description="when it ended; null while it lives")
