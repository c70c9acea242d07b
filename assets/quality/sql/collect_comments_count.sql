-- posts.comments_count of every post, and what it would be if it counted
-- facts: the rows of comments; without_soft_deleted: the live ones only;
-- comment_events: COMMENT events; live_comment_events: those not archived.
-- Where months were dropped for the cold store, the keys of engagement tell how many there were.
-- recent: comments of the last minute.
-- One snapshot. Locks: none beyond reading. Safe to re-run: the table ends with the transaction.
CREATE TEMP TABLE counted ON COMMIT DROP AS
WITH facts AS (
    SELECT
        comments.post_id AS id,
        count(*) AS facts,
        count(comments.deleted_at) AS soft_deleted,
        count(*) FILTER (
            WHERE
            comments.created_at >= localtimestamp - INTERVAL '1 minute'
            AND comments.created_at <= localtimestamp
        ) AS recent
    FROM comments
    GROUP BY comments.post_id
),

live AS (
    SELECT
        engagement.post_id AS id,
        count(*) AS events
    FROM user_engagement AS engagement
    WHERE engagement.engagement_type = 'COMMENT'
    GROUP BY engagement.post_id
),

archive AS (
    SELECT
        engagement.post_id AS id,
        count(*) AS events
    FROM user_engagement_archive AS engagement
    WHERE engagement.engagement_type = 'COMMENT'
    GROUP BY engagement.post_id
),

held AS (
    SELECT
        keys.post_id AS id,
        count(*) AS events
    FROM user_engagement_keys AS keys
    INNER JOIN users ON keys.user_id = users.id
    WHERE
        keys.engagement_type = 'COMMENT'
        AND EXISTS (SELECT FROM pipeline.cold_months)
    GROUP BY keys.post_id
)

SELECT
    posts.id,
    posts.comments_count AS counter,
    coalesce(facts.facts, 0) AS facts,
    coalesce(facts.recent, 0) AS recent,
    coalesce(facts.facts - facts.soft_deleted, 0) AS without_soft_deleted,
    NULL::bigint AS without_archived,
    greatest(
        coalesce(live.events, 0) + coalesce(archive.events, 0), held.events
    ) AS comment_events,
    coalesce(live.events, 0) AS live_comment_events
FROM posts
LEFT JOIN facts ON posts.id = facts.id
LEFT JOIN live ON posts.id = live.id
LEFT JOIN archive ON posts.id = archive.id
LEFT JOIN held ON posts.id = held.id;
