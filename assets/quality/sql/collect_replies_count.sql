-- comments.replies_count of every comment, and what it would be if it counted
-- facts: the replies; without_soft_deleted: the live ones only. recent: replies of the last minute.
-- One snapshot. Locks: none beyond reading. Safe to re-run: the table ends with the transaction.
CREATE TEMP TABLE counted ON COMMIT DROP AS
WITH facts AS (
    SELECT
        replies.parent_id AS id,
        count(*) AS facts,
        count(replies.deleted_at) AS soft_deleted,
        count(*) FILTER (
            WHERE
            replies.created_at >= localtimestamp - INTERVAL '1 minute'
            AND replies.created_at <= localtimestamp
        ) AS recent
    FROM comments AS replies
    WHERE replies.parent_id IS NOT NULL
    GROUP BY replies.parent_id
)

SELECT
    comments.id,
    comments.replies_count AS counter,
    coalesce(facts.facts, 0) AS facts,
    coalesce(facts.recent, 0) AS recent,
    coalesce(facts.facts - facts.soft_deleted, 0) AS without_soft_deleted,
    NULL::bigint AS without_archived,
    NULL::bigint AS comment_events,
    NULL::bigint AS live_comment_events
FROM comments
LEFT JOIN facts ON comments.id = facts.id;
