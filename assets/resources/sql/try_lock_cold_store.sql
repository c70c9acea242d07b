-- Whether this session is now the one that writes the cold store.
-- Locks: advisory only. Safe to re-run: the session's end frees it, however it ends.
SELECT pg_try_advisory_lock(hashtextextended('sociallive|cold store', 0));
