-- Set the three counters of the users whose posts or follows changed since the snapshot.
-- Locks: row locks of those users, in key order; their other writers are kept out by the table lock.
-- Safe to re-run: it counts, it does not add.
WITH memberships AS (
    SELECT
        posts.user_id,
        1 AS posts_count,
        0 AS followers_count,
        0 AS following_count
    FROM posts
    UNION ALL
    SELECT
        followed.following_id AS user_id,
        0 AS posts_count,
        1 AS followers_count,
        0 AS following_count
    FROM user_followers AS followed
    UNION ALL
    SELECT
        following.follower_id AS user_id,
        0 AS posts_count,
        0 AS followers_count,
        1 AS following_count
    FROM user_followers AS following
),

counts_after AS (
    SELECT
        memberships.user_id,
        sum(memberships.posts_count)::integer AS posts_count,
        sum(memberships.followers_count)::integer AS followers_count,
        sum(memberships.following_count)::integer AS following_count
    FROM memberships
    GROUP BY memberships.user_id
),

changed AS (
    SELECT
        user_id,
        coalesce(counts_after.posts_count, 0) AS posts_count,
        coalesce(counts_after.followers_count, 0) AS followers_count,
        coalesce(counts_after.following_count, 0) AS following_count
    FROM counts_after
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
