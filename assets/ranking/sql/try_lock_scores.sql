-- Claims the right to write scores, so that two runs do not overwrite each other in turns.
-- Locks: a session's advisory lock; never waits. Safe to re-run: released at the end.
SELECT pg_try_advisory_lock(hashtextextended('posts.engagement_score', 0));
