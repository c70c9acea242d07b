"""Contract of the cold store's `user_engagement`: archived rows, nothing left out."""

import pandera.polars as pa
import polars as pl

from schema.tables.columns import Contract, EventValue, Instant, identifier, unit
from schema.vocabulary import EngagementType


class ArchivedEngagement(Contract):
    """One row per archived engagement event, as PostgreSQL held it when its month was archived.

    Grain: (id, created_at). Source: `user_engagement_archive`, whole months. Sorted by created_at
    and id; no row group holds rows of two days.
    """

    id: pl.Binary = identifier("the event")
    user_id: pl.Binary = identifier("the account that engaged")
    post_id: pl.Binary = identifier("the post engaged with")
    engagement_type: pl.String = pa.Field(
        isin=[kind.value for kind in EngagementType], description="kind of engagement"
    )
    value: EventValue = pa.Field(
        metadata=unit("factor"), nullable=True, description="strength of the event, as written"
    )
    metadata: pl.String = pa.Field(
        nullable=True, description="what the client wrote, as JSON text; hostile where it is shown"
    )
    created_at: Instant = pa.Field(description="when it happened (UTC)")
    source: pl.String = pa.Field(
        nullable=True, description="metadata's `source`, as PostgreSQL reads it"
    )
    row_hash: pl.Int64 = pa.Field(
        metadata=unit("hash"),
        description="hash of what numbers depend on; its sum is a day's fingerprint",
    )
