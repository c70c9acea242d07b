-- users.followers_count of every user, and what it would be if it counted
-- facts: the rows of user_followers; without_soft_deleted: those by live accounts only.
-- One snapshot. Locks: none beyond reading. Safe to re-run: the table ends with the transaction.
CREATE TEMP TABLE counted ON COMMIT DROP AS
WITH facts AS (
    SELECT
        follows.following_id AS id,
        count(*) AS facts,
        count(others.deleted_at) AS soft_deleted
    FROM user_followers AS follows
    INNER JOIN users AS others ON follows.follower_id = others.id
    GROUP BY follows.following_id
)

SELECT
    users.id,
    users.followers_count AS counter,
    coalesce(facts.facts, 0) AS facts,
    0 AS recent,
    coalesce(facts.facts - facts.soft_deleted, 0) AS without_soft_deleted,
    NULL::bigint AS without_archived,
    NULL::bigint AS comment_events,
    NULL::bigint AS live_comment_events
FROM users
LEFT JOIN facts ON users.id = facts.id;
