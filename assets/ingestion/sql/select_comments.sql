-- Comments created in the window, soft-deleted ones included. Locks: none beyond reading.
SELECT
    uuid_send(comments.id) AS id,
    uuid_send(comments.post_id) AS post_id,
    uuid_send(comments.user_id) AS user_id,
    uuid_send(comments.parent_id) AS parent_id,
    comments.created_at AT TIME ZONE 'UTC' AS created_at,
    (extract(EPOCH FROM comments.created_at) * 1000000)::bigint AS created_us,
    uuid_hash_extended(
        comments.id,
        uuid_hash_extended(
            comments.post_id,
            uuid_hash_extended(comments.user_id, timestamp_hash_extended(comments.created_at, 0))
        )
    ) AS row_hash
FROM comments
WHERE
    comments.created_at >= %(window_start)s
    AND comments.created_at < %(window_end)s;
