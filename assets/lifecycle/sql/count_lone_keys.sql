-- Keys of events that PostgreSQL no longer holds, by the account or with these posts. Locks: none; once
-- a month was dropped it reads all keys. Safe to re-run: changes nothing.
WITH own AS (
    SELECT
        user_id,
        post_id,
        engagement_type
    FROM user_engagement_keys
    WHERE user_id = %(account)s
),

on_posts AS (
    SELECT
        user_id,
        post_id,
        engagement_type
    FROM user_engagement_keys
    WHERE post_id = ANY(%(ids)s::uuid[]) AND user_id <> %(account)s
),

own_events AS (
    SELECT
        post_id,
        engagement_type
    FROM user_engagement_all
    WHERE user_id = %(account)s
),

events_on_posts AS (
    SELECT
        user_id,
        post_id,
        engagement_type
    FROM user_engagement_all
    WHERE post_id = ANY(%(ids)s::uuid[])
)

SELECT (
    SELECT count(*)
    FROM own
    WHERE NOT EXISTS (
        SELECT
        FROM own_events AS events
        WHERE own.post_id = events.post_id AND own.engagement_type = events.engagement_type
    )
) + (
    SELECT count(*)
    FROM on_posts
    WHERE
        EXISTS (SELECT FROM pipeline.cold_months)
        AND NOT EXISTS (
            SELECT
            FROM events_on_posts AS events
            WHERE
                on_posts.user_id = events.user_id
                AND on_posts.post_id = events.post_id
                AND on_posts.engagement_type = events.engagement_type
        )
) AS row_count;
