-- posts.likes_count or shares_count of every post, and what it would be if it counted
-- facts: the events of the kind; without_archived: those not archived;
-- recent: events of the last minute.
-- Where months were dropped for the cold store, the keys of engagement tell how many there were.
-- One snapshot. Locks: none beyond reading. Safe to re-run: the table ends with the transaction.
CREATE TEMP TABLE counted ON COMMIT DROP AS
WITH events AS (
    SELECT
        live.post_id,
        live.created_at,
        FALSE AS is_archived
    FROM user_engagement AS live
    WHERE live.engagement_type = %(kind)s
    UNION ALL
    SELECT
        archive.post_id,
        archive.created_at,
        TRUE AS is_archived
    FROM user_engagement_archive AS archive
    WHERE archive.engagement_type = %(kind)s
),

facts AS (
    SELECT
        events.post_id AS id,
        count(*) AS facts,
        count(*) FILTER (WHERE events.is_archived) AS archived,
        count(*) FILTER (
            WHERE
            events.created_at >= localtimestamp - INTERVAL '1 minute'
            AND events.created_at <= localtimestamp
        ) AS recent
    FROM events
    GROUP BY events.post_id
),

held AS (
    SELECT
        keys.post_id AS id,
        count(*) AS facts
    FROM user_engagement_keys AS keys
    INNER JOIN users ON keys.user_id = users.id
    WHERE
        keys.engagement_type = %(kind)s
        AND EXISTS (SELECT FROM pipeline.cold_months)
    GROUP BY keys.post_id
)

SELECT
    posts.id,
    CASE %(kind)s WHEN 'LIKE' THEN posts.likes_count ELSE posts.shares_count END AS counter,
    greatest(facts.facts, held.facts, 0) AS facts,
    coalesce(facts.recent, 0) AS recent,
    NULL::bigint AS without_soft_deleted,
    coalesce(facts.facts - facts.archived, 0) AS without_archived,
    NULL::bigint AS comment_events,
    NULL::bigint AS live_comment_events
FROM posts
LEFT JOIN facts ON posts.id = facts.id
LEFT JOIN held ON posts.id = held.id;
