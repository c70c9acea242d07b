-- Engagement created in the window, archived rows included, with the post's author.
-- A missing value is the column's default; NaN becomes null, which the contract refuses.
-- Locks: none beyond reading; live and archived rows are read in one statement, so a month that
-- changes parent meanwhile is seen once.
SELECT
    uuid_send(engagement.id) AS id,
    uuid_send(engagement.user_id) AS user_id,
    uuid_send(engagement.post_id) AS post_id,
    uuid_send(posts.user_id) AS author_id,
    engagement.engagement_type::text AS engagement_type,
    (nullif(coalesce(engagement.value, 1), 'NaN') * 100)::integer AS value_hundredths,
    engagement.metadata ->> 'source' AS source,
    engagement.created_at AT TIME ZONE 'UTC' AS created_at,
    pipeline.hash_engagement(
        engagement.id, engagement.user_id, engagement.post_id, engagement.engagement_type,
        engagement.value, engagement.metadata, engagement.created_at
    ) AS row_hash
FROM user_engagement_all AS engagement
INNER JOIN posts ON engagement.post_id = posts.id
WHERE
    engagement.created_at >= %(window_start)s
    AND engagement.created_at < %(window_end)s;
