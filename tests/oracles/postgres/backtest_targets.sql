-- Candidates per day, and the share of them that got nothing the day after, from raw rows: the
-- audience's events weigh something unless their values cancel out. Nothing is coordinated here.
SELECT
    days.day::date AS date,
    count(*) AS posts,
    avg((coalesce(got.weight, 0) <= 0)::int) AS got_nothing
FROM generate_series(%(first)s::date, %(last)s::date, INTERVAL '1 day') AS days (day)
INNER JOIN posts AS p
    ON p.created_at >= days.day - INTERVAL '6 days'
    AND p.created_at < days.day + INTERVAL '1 day'
    AND (p.deleted_at IS NULL OR p.deleted_at >= days.day + INTERVAL '1 day')
LEFT JOIN LATERAL (
    SELECT
        sum(
            ue.value * CASE ue.engagement_type::text
                WHEN 'VIEW' THEN 0.05
                WHEN 'CLICK' THEN 0.8
                WHEN 'LIKE' THEN 1
                WHEN 'SAVE' THEN 2
                WHEN 'SHARE' THEN 3
                WHEN 'COMMENT' THEN 10
            END
        ) AS weight
    FROM user_engagement AS ue
    WHERE
        ue.post_id = p.id
        AND ue.user_id <> p.user_id
        AND ue.created_at >= days.day + INTERVAL '1 day'
        AND ue.created_at < days.day + INTERVAL '2 days'
) AS got ON TRUE
GROUP BY days.day
