-- Give rows of the month before a day a place in the archive; seconds that others may have waited, and
-- rows that had been copied into the archive before. No row: they have one.
-- Locks: as pipeline.extend_engagement_archive(), within the patience. Safe to re-run.
SELECT
    seconds,
    copied_rows
FROM pipeline.extend_engagement_archive(%(month)s, %(until)s, %(patience_ms)s);
