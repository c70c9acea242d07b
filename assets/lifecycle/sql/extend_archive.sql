-- Give rows of the month before a day a place in the archive; seconds that others may have waited.
-- Locks: as pipeline.extend_engagement_archive(), within the patience. Safe to re-run.
SELECT pipeline.extend_engagement_archive(%(month)s, %(until)s, %(patience_ms)s);
