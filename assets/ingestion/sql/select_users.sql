-- Accounts created in the window, without private columns. Locks: none beyond reading.
SELECT
    uuid_send(users.id) AS id,
    users.role::text AS role,
    users.created_at AT TIME ZONE 'UTC' AS created_at,
    uuid_hash_extended(users.id, timestamp_hash_extended(users.created_at, 0)) AS row_hash
FROM users
WHERE
    users.created_at >= %(window_start)s
    AND users.created_at < %(window_end)s;
