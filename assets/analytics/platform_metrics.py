"""Sessions, uploads, and what the pipeline itself read."""

import narwhals as nw

from assets.analytics.rationals import contributions, tagged
from assets.analytics.rows import US_PER_SECOND, Rows, daily, matching, row_count

# More than `metric_value` holds: a larger file counts as this one, so that sums stay in 64 bits.
LARGEST_FILE = 10**12

STARTS_AT, ENDS_AT = nw.col("starts_at"), nw.col("ends_at")
# A revoked session lived until it was last used.
IS_ALIVE = (
    (nw.col("created_at") < ENDS_AT)
    & (nw.col("expires_at") > ENDS_AT)
    & (nw.col("is_active") | (nw.col("last_used_at") >= ENDS_AT))
)
IS_NEW = (nw.col("created_at") >= STARTS_AT) & (nw.col("created_at") < ENDS_AT)


def session_metrics(sessions: Rows, calendar: Rows) -> list[Rows]:
    """Contributions of `session_states`."""
    counted = (
        sessions.join(calendar, on="date")
        .group_by("day")
        .agg(alive=matching(IS_ALIVE.fill_null(value=False)), new=matching(IS_NEW))
    )
    return [
        contributions(counted, "active_sessions", numerator=nw.col("alive")),
        contributions(counted, "new_sessions", numerator=nw.col("new")),
    ]


def media_metrics(media: Rows) -> list[Rows]:
    """Contributions of `media_files`."""
    uploads = (
        daily(media, "processing_status", "file_size")
        .group_by("day", "processing_status")
        .agg(files=row_count(), file_bytes=_size().sum())
    )
    status = tagged("status", nw.col("processing_status"))
    return [
        contributions(uploads, "media_uploads", numerator=nw.col("files"), tags=status),
        contributions(uploads, "media_bytes", numerator=nw.col("file_bytes")),
    ]


def ingest_metrics(ingest: Rows) -> list[Rows]:
    """Contributions of the pipeline's own reads: one row per (date, table)."""
    reads = daily(ingest, "table", "rows", "lag_us", "final")
    table = tagged("table", nw.col("table"))
    return [
        contributions(reads, "ingest_rows", numerator=nw.col("rows"), tags=table),
        contributions(
            reads,
            "ingest_lag_seconds",
            numerator=nw.col("lag_us"),
            denominator=nw.lit(US_PER_SECOND),
            tags=table,
        ),
        contributions(reads, "day_final", numerator=nw.col("final"), tags=table),
    ]


def _size() -> nw.Expr:
    size, largest = nw.col("file_size").fill_null(0), nw.lit(LARGEST_FILE, dtype=nw.Int64)
    return nw.when(size < largest).then(size).otherwise(largest)
