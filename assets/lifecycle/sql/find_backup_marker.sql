-- When a base backup was marked, in a recovered database. Locks: none beyond reading.
SELECT markers.placed_at
FROM pipeline.backup_markers AS markers
WHERE markers.backup = %(backup)s;
