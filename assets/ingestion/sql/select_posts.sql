-- Posts created in the window, soft-deleted ones included. Locks: none beyond reading.
SELECT
    uuid_send(posts.id) AS id,
    uuid_send(posts.user_id) AS user_id,
    posts.media_type::text AS media_type,
    posts.visibility::text AS visibility,
    posts.created_at AT TIME ZONE 'UTC' AS created_at,
    (extract(EPOCH FROM posts.created_at) * 1000000)::bigint AS created_us,
    uuid_hash_extended(
        posts.id,
        uuid_hash_extended(
            posts.user_id,
            hashtextextended(
                coalesce(posts.media_type::text, ''), timestamp_hash_extended(posts.created_at, 0)
            )
        )
    ) AS row_hash
FROM posts
WHERE
    posts.created_at >= %(window_start)s
    AND posts.created_at < %(window_end)s;
