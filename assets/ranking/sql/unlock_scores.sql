-- Gives back the right to write scores.
-- Locks: none. Safe to re-run: a session that does not hold it is only warned.
SELECT pg_advisory_unlock(hashtextextended('posts.engagement_score', 0));
