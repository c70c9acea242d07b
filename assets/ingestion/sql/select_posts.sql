-- Posts created in the window, soft-deleted ones included. Locks: none beyond reading.
SELECT
    uuid_send(posts.id) AS id,
    uuid_send(posts.user_id) AS user_id,
    posts.media_type::text AS media_type,
    posts.visibility::text AS visibility,
    posts.created_at AT TIME ZONE 'UTC' AS created_at,
    (extract(EPOCH FROM posts.created_at) * 1000000)::bigint AS created_us
FROM posts
WHERE
    posts.created_at >= %(window_start)s
    AND posts.created_at < %(window_end)s;
