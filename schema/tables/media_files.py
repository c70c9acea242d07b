"""Contract of the lake table `media_files`."""

import pandera.polars as pa
import polars as pl

from schema.tables.columns import Contract, Instant, identifier, unit
from schema.vocabulary import ProcessingStatus


class MediaFiles(Contract):
    """One row per upload; partition D holds the uploads of D as they stood at extraction.

    Grain: id. Source: `media_files`, without names and paths.
    """

    id: pl.Binary = identifier("the file")
    user_id: pl.Binary = identifier("who uploaded it")
    processing_status: pl.String = pa.Field(
        nullable=True,
        isin=[status.value for status in ProcessingStatus],
        description="state of the file's processing",
    )
    file_size: pl.Int64 = pa.Field(
        metadata=unit("bytes"), nullable=True, ge=0, description="size in bytes"
    )
    created_at: Instant = pa.Field(description="when it was uploaded (UTC)")
