-- users.posts_count of every user, and what it would be if it counted
-- facts: the rows of posts; without_soft_deleted: the live ones only.
-- One snapshot. Locks: none beyond reading. Safe to re-run: the table ends with the transaction.
CREATE TEMP TABLE counted ON COMMIT DROP AS
WITH facts AS (
    SELECT
        posts.user_id AS id,
        count(*) AS facts,
        count(posts.deleted_at) AS soft_deleted
    FROM posts
    GROUP BY posts.user_id
)

SELECT
    users.id,
    users.posts_count AS counter,
    coalesce(facts.facts, 0) AS facts,
    0 AS recent,
    coalesce(facts.facts - facts.soft_deleted, 0) AS without_soft_deleted,
    NULL::bigint AS without_archived,
    NULL::bigint AS comment_events,
    NULL::bigint AS live_comment_events
FROM users
LEFT JOIN facts ON users.id = facts.id;
