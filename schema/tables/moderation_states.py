"""Contract of the lake table `moderation_states`."""

import pandera.polars as pa
import polars as pl

from schema.tables.columns import Contract, Instant, identifier, unit
from schema.vocabulary import ContentType

STATUSES = ["PENDING", "APPROVED", "REJECTED", "FLAGGED"]


class ModerationStates(Contract):
    """One row per moderation case open at some moment of D, as it stood at extraction.

    Grain: (date, id). Source: `content_moderation`, without its reasons. A case of which nobody
    knows when it was opened is there on the day of its review only.
    """

    id: pl.Binary = identifier("the case")
    content_type: pl.String = pa.Field(
        isin=[kind.value for kind in ContentType], description="what the case is about"
    )
    status: pl.String = pa.Field(nullable=True, isin=STATUSES, description="state of the case")
    created_at: Instant = pa.Field(nullable=True, description="when the case was opened (UTC)")
    created_us: pl.Int64 = pa.Field(
        metadata=unit("microseconds"),
        nullable=True,
        description="when it was opened, microseconds since 1970",
    )
    reviewed_at: Instant = pa.Field(nullable=True, description="when it was decided (UTC)")
    reviewed_us: pl.Int64 = pa.Field(
        metadata=unit("microseconds"),
        nullable=True,
        description="when it was decided, microseconds since 1970",
    )
