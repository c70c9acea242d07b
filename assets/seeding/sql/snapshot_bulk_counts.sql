-- Remember how many posts and follows each user has, to know afterwards whose numbers changed.
-- Locks: reads only; the temporary table is this session's own.
-- Safe to re-run: the table goes away with the transaction at the latest.
CREATE TEMPORARY TABLE bulk_counts_before ON COMMIT DROP AS
SELECT
    user_id,
    posts_count,
    followers_count,
    following_count
FROM bulk_counts;
