-- Moderation cases open at some moment of the window, or decided in it, without their reasons.
-- The hash takes no notice of a review after the window: the numbers of its days do not.
-- A case without a time of creation was never pending, and is decided on the day of its review.
-- Infinity has no microseconds; the instant itself is refused after reading.
-- Locks: none beyond reading.
SELECT
    uuid_send(cases.id) AS id,
    cases.content_type::text AS content_type,
    cases.status::text AS status,
    cases.created_at AT TIME ZONE 'UTC' AS created_at,
    CASE
        WHEN isfinite(cases.created_at)
            THEN (extract(EPOCH FROM cases.created_at) * 1000000)::bigint
    END AS created_us,
    cases.reviewed_at AT TIME ZONE 'UTC' AS reviewed_at,
    CASE
        WHEN isfinite(cases.reviewed_at)
            THEN (extract(EPOCH FROM cases.reviewed_at) * 1000000)::bigint
    END AS reviewed_us,
    uuid_hash_extended(
        cases.id,
        hashtextextended(
            cases.content_type::text,
            timestamp_hash_extended(
                coalesce(cases.created_at, 'infinity'),
                CASE
                    WHEN cases.reviewed_at < %(window_end)s
                        THEN timestamp_hash_extended(cases.reviewed_at, 0)
                    ELSE 0
                END
            )
        )
    ) AS row_hash
FROM content_moderation AS cases
WHERE
    (
        cases.created_at < %(window_end)s
        AND (cases.reviewed_at IS NULL OR cases.reviewed_at >= %(window_start)s)
    )
    OR (cases.reviewed_at >= %(window_start)s AND cases.reviewed_at < %(window_end)s);
