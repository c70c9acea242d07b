-- Prove that CHECK by reading the partition.
-- Locks: SHARE UPDATE EXCLUSIVE on it; readers and writers go on. Safe to re-run.
SELECT pipeline.validate_archive_bound(%(month)s, %(until)s);
