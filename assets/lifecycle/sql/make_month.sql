-- Make the partition of one month; its name, or NULL when it is there already.
-- Locks: as pipeline.make_engagement_month(), within the patience. Safe to re-run.
SELECT pipeline.make_engagement_month(%(month)s, %(patience_ms)s);
