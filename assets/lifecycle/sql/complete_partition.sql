-- Give one partition of engagement the triggers that it lacks; its name, or NULL when none lacks any.
-- Locks: as pipeline.complete_engagement_partition(), within the patience. Safe to re-run.
SELECT pipeline.complete_engagement_partition(%(patience_ms)s);
