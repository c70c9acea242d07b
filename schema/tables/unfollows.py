"""Contract of the lake table `unfollows`."""

import pandera.polars as pa
import polars as pl

from schema.tables.columns import Contract, Instant, identifier


class Unfollows(Contract):
    """One row per follow deleted on D.

    Grain: (follower_id, following_id, deleted_at). Source: `audit_log`.
    """

    follower_id: pl.Binary = identifier("who followed")
    following_id: pl.Binary = identifier("who was followed")
    followed_at: Instant = pa.Field(nullable=True, description="when the follow had begun (UTC)")
    deleted_at: Instant = pa.Field(description="when it was deleted (UTC)")
