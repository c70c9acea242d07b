-- Set the three counters of the users whose posts or follows changed since the snapshot.
-- Locks: row locks of those users, in key order; their other writers are kept out by the table lock.
-- Safe to re-run: it counts, it does not add.
WITH changed AS (
    SELECT
        user_id,
        coalesce(counts_after.posts_count, 0) AS posts_count,
        coalesce(counts_after.followers_count, 0) AS followers_count,
        coalesce(counts_after.following_count, 0) AS following_count
    FROM bulk_counts AS counts_after
    FULL JOIN bulk_counts_before AS counts_before USING (user_id)
    WHERE
        (counts_after.posts_count, counts_after.followers_count, counts_after.following_count)
        IS DISTINCT FROM
        (counts_before.posts_count, counts_before.followers_count, counts_before.following_count)
    ORDER BY user_id
)

UPDATE users SET
    posts_count = changed.posts_count,
    followers_count = changed.followers_count,
    following_count = changed.following_count
FROM changed
WHERE
    users.id = changed.user_id
    AND (users.posts_count, users.followers_count, users.following_count)
    IS DISTINCT FROM (changed.posts_count, changed.followers_count, changed.following_count);
