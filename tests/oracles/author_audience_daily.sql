-- Independent statement of author_audience_daily: for each hour, whether the account was there.
SELECT
    e.date, e.author_id, e.user_id,
    CAST(bit_or(1 << CAST(date_part('hour', e.created_at) AS INTEGER)) AS BIGINT) AS active_hours
FROM user_engagement AS e
WHERE e.user_id <> e.author_id
GROUP BY e.date, e.author_id, e.user_id
ORDER BY e.date, e.author_id, e.user_id
