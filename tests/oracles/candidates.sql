-- Candidates of every day from $first to $last, and the shape of their engagement, read off the
-- rollups row by row: each row's hour is counted back from the end of the scored day.
WITH days AS (
    SELECT unnest(generate_series($first::TIMESTAMP, $last::TIMESTAMP, INTERVAL 1 DAY))::DATE AS day
),

states AS (
    SELECT days.day, ps.*
    FROM days INNER JOIN post_states AS ps ON ps.date BETWEEN days.day - 29 AND days.day
    QUALIFY ps.date = max(ps.date) OVER (PARTITION BY days.day, ps.id)
),

weights (engagement_type, hundredths) AS (
    VALUES ('VIEW', 5), ('CLICK', 80), ('LIKE', 100), ('SAVE', 200), ('SHARE', 300), ('COMMENT', 1000)
),

cells AS (
    SELECT
        days.day, pe.post_id, pe.engagement_type AS t,
        datediff('hour', pe.date + to_hours(pe.hour), (days.day + 1)::TIMESTAMP) AS ago,
        pe.audience_events - pe.coordinated_events AS n,
        w.hundredths * (pe.audience_value - pe.coordinated_value) AS v,
        pe.coordinated_events AS burst,
        w.hundredths * pe.coordinated_value AS burst_v
    FROM days
    INNER JOIN post_engagement_hourly AS pe ON pe.date BETWEEN days.day - 29 AND days.day
    INNER JOIN weights AS w ON pe.engagement_type = w.engagement_type
),

shape AS (
    SELECT
        day, post_id,
        sum(v) FILTER (ago = 1) AS weight_1h,
        sum(v) FILTER (ago = 2) AS weight_2h,
        sum(v) FILTER (ago = 3) AS weight_3h,
        sum(v) FILTER (ago BETWEEN 4 AND 6) AS weight_6h,
        sum(v) FILTER (ago BETWEEN 7 AND 12) AS weight_12h,
        sum(v) FILTER (ago BETWEEN 13 AND 24) AS weight_24h,
        sum(v) FILTER (ago BETWEEN 25 AND 48) AS weight_48h,
        sum(v) FILTER (ago BETWEEN 49 AND 72) AS weight_72h,
        sum(v) FILTER (ago BETWEEN 73 AND 168) AS weight_168h,
        sum(v) FILTER (ago BETWEEN 169 AND 336) AS weight_336h,
        sum(v) FILTER (ago BETWEEN 337 AND 720) AS weight_720h,
        sum(n) FILTER (ago = 1) AS events_1h,
        sum(n) FILTER (ago = 2) AS events_2h,
        sum(n) FILTER (ago = 3) AS events_3h,
        sum(n) FILTER (ago BETWEEN 4 AND 6) AS events_6h,
        sum(n) FILTER (ago BETWEEN 7 AND 12) AS events_12h,
        sum(n) FILTER (ago BETWEEN 13 AND 24) AS events_24h,
        sum(n) FILTER (ago BETWEEN 25 AND 48) AS events_48h,
        sum(n) FILTER (ago BETWEEN 49 AND 72) AS events_72h,
        sum(n) FILTER (ago BETWEEN 73 AND 168) AS events_168h,
        sum(n) FILTER (ago BETWEEN 169 AND 336) AS events_336h,
        sum(n) FILTER (ago BETWEEN 337 AND 720) AS events_720h,
        sum(n) FILTER (t = 'LIKE' AND ago <= 24) AS like_day,
        sum(n) FILTER (t = 'LIKE') AS like_all,
        sum(n) FILTER (t = 'SHARE' AND ago <= 24) AS share_day,
        sum(n) FILTER (t = 'SHARE') AS share_all,
        sum(n) FILTER (t = 'COMMENT' AND ago <= 24) AS comment_day,
        sum(n) FILTER (t = 'COMMENT') AS comment_all,
        sum(n) FILTER (t = 'VIEW' AND ago <= 24) AS view_day,
        sum(n) FILTER (t = 'VIEW') AS view_all,
        sum(n) FILTER (t = 'CLICK' AND ago <= 24) AS click_day,
        sum(n) FILTER (t = 'CLICK') AS click_all,
        sum(n) FILTER (t = 'SAVE' AND ago <= 24) AS save_day,
        sum(n) FILTER (t = 'SAVE') AS save_all,
        min(ago) FILTER (n > 0) AS hours_since_last,
        min(ago) FILTER (n > 0 AND ago > 24) AS hours_since_last_before,
        sum(burst) AS coordinated_events,
        sum(burst_v) FILTER (ago <= 24) AS coordinated_weight_day,
        sum(burst_v) AS coordinated_weight
    FROM cells
    GROUP BY ALL
),

audience AS (
    SELECT
        days.day, pa.post_id,
        sum(pa.accounts - pa.coordinated_accounts) FILTER (pa.date = days.day) AS accounts_day,
        sum(pa.accounts - pa.coordinated_accounts) AS accounts_all
    FROM days INNER JOIN post_audience_daily AS pa ON pa.date BETWEEN days.day - 29 AND days.day
    GROUP BY ALL
)

SELECT
    s.day AS date,
    s.id AS post_id,
    s.user_id AS author_id,
    s.visibility,
    s.media_type,
    s.created_at,
    (s.day + 1)::TIMESTAMP AT TIME ZONE 'UTC' AS ends_at,
    shape.* EXCLUDE (day, post_id, hours_since_last, hours_since_last_before),
    audience.* EXCLUDE (day, post_id),
    (
        SELECT count(*) FROM follows AS f
        WHERE f.date BETWEEN s.day - 29 AND s.day AND f.following_id = s.user_id
    ) AS followers_gained,
    shape.hours_since_last,
    shape.hours_since_last_before
FROM states AS s
LEFT JOIN shape ON s.day = shape.day AND s.id = shape.post_id
LEFT JOIN audience ON s.day = audience.day AND s.id = audience.post_id
WHERE
    (s.deleted_at IS NULL OR s.deleted_at >= s.day + 1)
    AND s.created_at < s.day + 1
    AND (s.created_at >= s.day - 29 OR EXISTS (
        SELECT 1 FROM post_engagement_daily AS pe
        WHERE pe.date BETWEEN s.day - 29 AND s.day AND pe.post_id = s.id
    ))
ORDER BY s.day, s.id
