-- Let the month's partition change parent; seconds that others may have waited.
-- Locks: as pipeline.archive_engagement_month(), within the patience. Safe to re-run.
SELECT pipeline.archive_engagement_month(%(month)s, %(patience_ms)s);
