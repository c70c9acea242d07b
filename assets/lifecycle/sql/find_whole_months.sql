-- Months that the archive has rows of and user_engagement has none of any more, oldest first.
-- Locks: none beyond reading.
WITH span AS (
    SELECT
        date_trunc('month', min(archived.created_at)) AS first_month,
        max(archived.created_at) AS last_moment
    FROM user_engagement_archive AS archived
    -- What was copied into the archive with an impossible date has no month.
    WHERE archived.created_at >= '1970-01-01' AND archived.created_at < LOCALTIMESTAMP
)

SELECT months.month_start::date AS month_start
FROM span
CROSS JOIN
    generate_series(span.first_month, span.last_moment, INTERVAL '1 month') AS months (month_start)
WHERE
    EXISTS (
        SELECT FROM user_engagement_archive AS archived
        WHERE
            archived.created_at >= months.month_start
            AND archived.created_at < months.month_start + INTERVAL '1 month'
    )
    AND NOT EXISTS (
        SELECT FROM user_engagement AS live
        WHERE
            live.created_at >= months.month_start
            AND live.created_at < months.month_start + INTERVAL '1 month'
    )
ORDER BY months.month_start;
