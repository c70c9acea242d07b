"""Contract of the lake table `user_engagement`."""

import pandera.polars as pa
import polars as pl

from schema.tables.columns import Contract, EventValue, Instant, identifier, unit
from schema.vocabulary import EngagementType


class UserEngagement(Contract):
    """One row per engagement event; partition D holds the events created on D.

    Grain: id. Source: `user_engagement` and its archive, joined to `posts` for the author.
    """

    id: pl.Binary = identifier("the event")
    user_id: pl.Binary = identifier("the account that engaged")
    post_id: pl.Binary = identifier("the post engaged with")
    author_id: pl.Binary = identifier("the post's author")
    engagement_type: pl.String = pa.Field(
        isin=[kind.value for kind in EngagementType], description="kind of engagement"
    )
    value: EventValue = pa.Field(
        metadata=unit("factor"), description="strength of the event; 1 where the platform has none"
    )
    source: pl.String = pa.Field(nullable=True, description="where it happened, e.g. profile, feed")
    created_at: Instant = pa.Field(description="when it happened (UTC)")
