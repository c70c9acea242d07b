-- Sessions alive at some moment of the window, without tokens, devices and addresses.
-- A revoked session lived until it was last used; one that never expires ends with the calendar.
-- Locks: none beyond reading.
SELECT
    uuid_send(sessions.id) AS id,
    uuid_send(sessions.user_id) AS user_id,
    sessions.created_at AT TIME ZONE 'UTC' AS created_at,
    least(sessions.expires_at, '9999-12-31') AT TIME ZONE 'UTC' AS expires_at,
    coalesce(sessions.is_active, TRUE) AS is_active,
    sessions.last_used_at AT TIME ZONE 'UTC' AS last_used_at,
    uuid_hash_extended(
        sessions.id,
        timestamp_hash_extended(
            sessions.created_at,
            timestamp_hash_extended(
                sessions.expires_at,
                hashint8extended(
                    coalesce(sessions.is_active, TRUE)::integer,
                    timestamp_hash_extended(coalesce(sessions.last_used_at, '-infinity'), 0)
                )
            )
        )
    ) AS row_hash
FROM user_sessions AS sessions
WHERE
    sessions.created_at < %(window_end)s
    AND (
        sessions.created_at >= %(window_start)s
        OR (
            sessions.expires_at > %(window_start)s
            AND (
                coalesce(sessions.is_active, TRUE)
                OR sessions.last_used_at >= %(window_start)s
            )
        )
    );
