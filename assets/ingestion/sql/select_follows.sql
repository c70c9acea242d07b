-- Follows created in the window: those that live, and those deleted since (from the audit trail).
-- Locks: none beyond reading.
SELECT
    uuid_send(followers.follower_id) AS follower_id,
    uuid_send(followers.following_id) AS following_id,
    followers.created_at AT TIME ZONE 'UTC' AS created_at,
    NULL::timestamptz AS deleted_at,
    uuid_hash_extended(
        followers.follower_id,
        uuid_hash_extended(
            followers.following_id, timestamp_hash_extended(followers.created_at, 0)
        )
    ) AS row_hash
FROM user_followers AS followers
WHERE
    followers.created_at >= %(window_start)s
    AND followers.created_at < %(window_end)s
UNION ALL
SELECT
    uuid_send(deletions.follower_id) AS follower_id,
    uuid_send(deletions.following_id) AS following_id,
    deletions.followed_at AT TIME ZONE 'UTC' AS created_at,
    deletions.deleted_at AT TIME ZONE 'UTC' AS deleted_at,
    uuid_hash_extended(
        deletions.follower_id,
        uuid_hash_extended(
            deletions.following_id, timestamp_hash_extended(deletions.followed_at, 0)
        )
    ) AS row_hash
FROM pipeline.follow_deletions AS deletions
WHERE
    deletions.followed_text >= to_char(%(window_start)s, 'YYYY-MM-DD')
    AND deletions.followed_text < to_char(%(window_end)s, 'YYYY-MM-DD');
