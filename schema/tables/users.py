"""Contract of the lake table `users`."""

import pandera.polars as pa
import polars as pl

from schema.tables.columns import Contract, Instant, identifier

ROLES = ["USER", "CREATOR", "MODERATOR", "ADMIN"]


class Users(Contract):
    """One row per account; partition D holds the accounts created on D.

    Grain: id. Source: `users`, without its private columns.
    """

    id: pl.Binary = identifier("the account")
    role: pl.String = pa.Field(nullable=True, isin=ROLES, description="role on the platform")
    created_at: Instant = pa.Field(description="when the account was created (UTC)")
