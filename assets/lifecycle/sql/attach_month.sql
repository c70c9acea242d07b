-- Let the month's partition change parent; seconds that others may have waited, and rows that had been
-- copied into the archive before. No row: the month is not there to be moved.
-- Locks: as pipeline.archive_engagement_month(), within the patience. Safe to re-run.
SELECT
    seconds,
    copied_rows
FROM pipeline.archive_engagement_month(%(month)s, %(patience_ms)s);
