-- Names and followers of some accounts, in the order of their ids. Followers as of the end of a day:
-- those of now, without what the days after it brought. Deleted accounts and those created after
-- the end are left out; a day of creation that no calendar has is unknown.
-- Locks: none beyond reading. Safe to re-run: it only reads.
WITH asked AS (
    SELECT unnest(%(creators)s::uuid[]) AS id
),

later AS (
    SELECT
        analytics.user_id,
        sum(coalesce(analytics.followers_gained, 0) - coalesce(analytics.followers_lost, 0)) AS net
    FROM user_analytics AS analytics
    WHERE analytics.user_id = ANY(%(creators)s) AND analytics.date > %(last)s
    GROUP BY analytics.user_id
)

SELECT
    uuid_send(users.id) AS user_id,
    users.username,
    CASE WHEN isfinite(users.created_at) THEN users.created_at::date END AS created_day,
    greatest(0, coalesce(users.followers_count, 0) - coalesce(later.net, 0))::bigint AS followers
FROM asked
INNER JOIN users ON asked.id = users.id
LEFT JOIN later ON users.id = later.user_id
WHERE
    users.deleted_at IS NULL
    AND (users.created_at IS NULL OR users.created_at < %(window_end)s)
ORDER BY users.id;
