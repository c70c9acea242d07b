-- Accounts that get a report by themselves: active, not deleted, created before the end, and with a
-- post or a number in the days.
-- Locks: none beyond reading. Safe to re-run: it only reads.
WITH creators AS (
    SELECT posts.user_id
    FROM posts
    WHERE posts.created_at >= %(window_start)s AND posts.created_at < %(window_end)s
    UNION
    SELECT analytics.user_id
    FROM user_analytics AS analytics
    WHERE analytics.date >= %(first)s AND analytics.date <= %(last)s
)

SELECT users.id
FROM creators
INNER JOIN users ON creators.user_id = users.id
WHERE
    users.is_active
    AND users.deleted_at IS NULL
    AND (users.created_at IS NULL OR users.created_at < %(window_end)s)
ORDER BY users.id;
