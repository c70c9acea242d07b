"""Contract of the lake table `late_accounts`."""

import pandera.polars as pa
import polars as pl

from schema.tables.columns import Contract, Instant, identifier


class LateAccounts(Contract):
    """One row per account that acted on D although it was created after D.

    Back-dated data has such accounts; on them depends who counts as resurrected.
    Grain: (date, id). Source: `users` and the tables of their acts.
    """

    id: pl.Binary = identifier("the account")
    created_at: Instant = pa.Field(description="when the account was created (UTC)")
