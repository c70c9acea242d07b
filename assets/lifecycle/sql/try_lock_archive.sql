-- Take the lock of archiving, if nobody has it; freed at the end of the session.
-- Locks: that advisory lock. Safe to re-run within its session.
SELECT pg_try_advisory_lock(hashtextextended('sociallive archive of engagement', 0));
