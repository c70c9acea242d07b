"""Contract of the lake table `post_states`."""

import pandera.polars as pa
import polars as pl

from schema.tables.columns import Contract, Instant, identifier
from schema.vocabulary import MediaType, Visibility


class PostStates(Contract):
    """One row per post touched on D, as it stood when D, being over, was first extracted.

    Touched: created, changed, deleted or engaged with on D. A later extraction tells only which
    posts still exist, and when they were soft-deleted. A post whose row is gone stands on the days
    on which it was soft-deleted and deleted outright.
    Grain: (date, id). Source: `posts`, `pipeline.post_deletions`.
    """

    id: pl.Binary = identifier("the post")
    user_id: pl.Binary = identifier("its author")
    visibility: pl.String = pa.Field(
        nullable=True, isin=[kind.value for kind in Visibility], description="who may see it"
    )
    media_type: pl.String = pa.Field(
        nullable=True, isin=[kind.value for kind in MediaType], description="media; null for text"
    )
    created_at: Instant = pa.Field(description="when it was posted (UTC)")
    deleted_at: Instant = pa.Field(nullable=True, description="when it was deleted (UTC)")
