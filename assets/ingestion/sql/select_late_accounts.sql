-- Accounts that acted in the window although they were created after it: back-dated data has them.
-- Engagement that is kept elsewhere comes as the ids of its accounts.
-- Locks: none beyond reading. Starts from the accounts created later: none, on a day just ended.
SELECT
    uuid_send(users.id) AS id,
    users.created_at AT TIME ZONE 'UTC' AS created_at,
    uuid_hash_extended(users.id, timestamp_hash_extended(users.created_at, 0)) AS row_hash
FROM users
WHERE
    users.created_at >= %(window_end)s
    AND (
        users.id = ANY(%(elsewhere_users)s::uuid[])
        OR EXISTS (
            SELECT FROM user_engagement_all AS engagement
            WHERE
                engagement.user_id = users.id
                AND engagement.created_at >= %(window_start)s
                AND engagement.created_at < %(window_end)s
        )
        OR EXISTS (
            SELECT FROM posts
            WHERE
                posts.user_id = users.id
                AND posts.created_at >= %(window_start)s
                AND posts.created_at < %(window_end)s
        )
        OR EXISTS (
            SELECT FROM comments
            WHERE
                comments.user_id = users.id
                AND comments.created_at >= %(window_start)s
                AND comments.created_at < %(window_end)s
        )
        OR EXISTS (
            SELECT FROM user_followers AS followers
            WHERE
                followers.follower_id = users.id
                AND followers.created_at >= %(window_start)s
                AND followers.created_at < %(window_end)s
        )
        OR EXISTS (
            SELECT FROM pipeline.follow_deletions AS deletions
            WHERE
                deletions.follower_id = users.id
                AND deletions.followed_text >= to_char(%(window_start)s, 'YYYY-MM-DD')
                AND deletions.followed_text < to_char(%(window_end)s, 'YYYY-MM-DD')
        )
    );
