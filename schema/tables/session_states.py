"""Contract of the lake table `session_states`."""

import pandera.polars as pa
import polars as pl

from schema.tables.columns import Contract, Instant, identifier


class SessionStates(Contract):
    """One row per session that was alive at some moment of D, as it stood at extraction.

    Grain: (date, id). Source: `user_sessions`, without tokens, devices and addresses.
    """

    id: pl.Binary = identifier("the session")
    user_id: pl.Binary = identifier("whose session it is")
    created_at: Instant = pa.Field(description="when it began (UTC)")
    expires_at: Instant = pa.Field(description="when it ends at the latest (UTC)")
    is_active: pl.Boolean = pa.Field(description="false once revoked")
    last_used_at: Instant = pa.Field(nullable=True, description="when it was last used (UTC)")
