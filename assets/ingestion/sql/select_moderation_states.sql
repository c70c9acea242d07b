-- Moderation cases open at some moment of the window, without their reasons.
-- Locks: none beyond reading.
SELECT
    uuid_send(cases.id) AS id,
    cases.content_type::text AS content_type,
    cases.status::text AS status,
    cases.created_at AT TIME ZONE 'UTC' AS created_at,
    (extract(EPOCH FROM cases.created_at) * 1000000)::bigint AS created_us,
    cases.reviewed_at AT TIME ZONE 'UTC' AS reviewed_at,
    (extract(EPOCH FROM cases.reviewed_at) * 1000000)::bigint AS reviewed_us
FROM content_moderation AS cases
WHERE
    cases.created_at < %(window_end)s
    AND (cases.reviewed_at IS NULL OR cases.reviewed_at >= %(window_start)s);
