-- Follows deleted in the window, from the audit trail. Locks: none beyond reading.
SELECT
    uuid_send(deletions.follower_id) AS follower_id,
    uuid_send(deletions.following_id) AS following_id,
    deletions.followed_at AT TIME ZONE 'UTC' AS followed_at,
    deletions.deleted_at AT TIME ZONE 'UTC' AS deleted_at,
    uuid_hash_extended(
        deletions.follower_id,
        uuid_hash_extended(
            deletions.following_id, timestamp_hash_extended(deletions.deleted_at, 0)
        )
    ) AS row_hash
FROM pipeline.follow_deletions AS deletions
WHERE
    deletions.deleted_at >= %(window_start)s
    AND deletions.deleted_at < %(window_end)s;
