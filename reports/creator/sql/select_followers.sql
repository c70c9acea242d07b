-- Followers of some accounts as of the end of a day: those of now, without what has changed since.
-- Days up to the first one whose numbers cannot be taken are asked of user_analytics; from there on
-- the follows and unfollows themselves are, which are few: mostly those of some hours.
-- Locks: none beyond reading. Safe to re-run: it only reads.
WITH since AS (
    SELECT
        analytics.user_id,
        coalesce(analytics.followers_gained, 0) - coalesce(analytics.followers_lost, 0) AS net
    FROM user_analytics AS analytics
    WHERE
        analytics.user_id = ANY(%(creators)s)
        AND analytics.date > %(last)s
        AND analytics.date < %(open_from)s
    UNION ALL
    SELECT
        follows.following_id AS user_id,
        1 AS net
    FROM user_followers AS follows
    WHERE
        follows.following_id = ANY(%(creators)s)
        AND follows.created_at >= %(opening)s
    UNION ALL
    SELECT
        deletions.following_id AS user_id,
        -1 AS net
    FROM pipeline.follow_deletions AS deletions
    WHERE
        deletions.following_id = ANY(%(creators)s)
        AND deletions.deleted_at >= %(opening)s
        AND (deletions.followed_at IS NULL OR deletions.followed_at < %(opening)s)
),

changes AS (
    SELECT
        since.user_id,
        sum(since.net) AS net
    FROM since
    GROUP BY since.user_id
)

SELECT
    uuid_send(users.id) AS user_id,
    greatest(0, coalesce(users.followers_count, 0) - coalesce(changes.net, 0))::bigint AS followers
FROM users
LEFT JOIN changes ON users.id = changes.user_id
WHERE users.id = ANY(%(creators)s);
