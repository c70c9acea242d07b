-- Names of some accounts, in the order of their ids. Deleted accounts and those created after the end
-- of the period are left out; a day of creation before the year 1, which no reader has, is unknown.
-- Locks: none beyond reading. Safe to re-run: it only reads.
SELECT
    uuid_send(users.id) AS user_id,
    users.username,
    CASE WHEN users.created_at >= '0001-01-01' THEN users.created_at::date END AS created_day
FROM users
WHERE
    users.id = ANY(%(creators)s)
    AND users.deleted_at IS NULL
    AND (users.created_at IS NULL OR users.created_at < %(window_end)s)
ORDER BY users.id;
