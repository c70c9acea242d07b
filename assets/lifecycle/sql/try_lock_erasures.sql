-- Claims the right to erase, until the session ends.
-- Locks: a session's advisory lock; never waits. Safe to re-run: it is held already.
SELECT pg_try_advisory_lock(hashtextextended('sociallive|erasure', 0));
