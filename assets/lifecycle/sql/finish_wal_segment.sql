-- Ends the current segment of the write-ahead log, so that it is archived, and names it.
-- Locks: none.
SELECT pg_walfile_name(pg_switch_wal());
