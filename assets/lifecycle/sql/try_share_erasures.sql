-- Keeps erasures from starting until the session ends; others may hold this at the same time.
-- Locks: a session's advisory lock, shared; never waits. Safe to re-run: it is held once more.
SELECT pg_try_advisory_lock_shared(hashtextextended('sociallive|erasure', 0));
