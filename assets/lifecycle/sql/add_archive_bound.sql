-- Give the partition that is to change its place the CHECK of its bounds; whether one needs it.
-- Locks: as pipeline.add_archive_bound(), within the patience. Safe to re-run.
SELECT pipeline.add_archive_bound(%(month)s, %(until)s, %(patience_ms)s);
