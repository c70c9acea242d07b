-- Independent statement of coordinated events, read off the raw events: every window of one or two
-- minutes is judged by itself.
WITH
audience AS (
    SELECT
        e.*,
        EXISTS (
            SELECT 1 FROM users AS u
            WHERE u.id = e.user_id
                AND CAST(u.created_at AS DATE) BETWEEN CAST(e.created_at AS DATE) - 6
                AND CAST(e.created_at AS DATE)
        ) AS fresh
    FROM user_engagement AS e WHERE e.user_id <> e.author_id
),

windows AS (
    SELECT DISTINCT
        t.date, t.post_id, t.engagement_type,
        date_trunc('minute', t.created_at) - to_minutes(s.n) AS first,
        date_trunc('minute', t.created_at) - to_minutes(s.n) + to_minutes(w.n) AS after
    FROM audience AS t, (VALUES (0), (1)) AS s (n), (VALUES (1), (2)) AS w (n)
),

counted AS (
    SELECT
        w.*, count(*) AS events, count(*) FILTER (WHERE t.fresh) AS fresh,
        (
            SELECT count(*) FROM audience AS a
            WHERE a.fresh AND a.date = w.date AND a.post_id = w.post_id
                AND a.engagement_type = w.engagement_type
        ) AS fresh_of_day
    FROM windows AS w INNER JOIN audience AS t
        ON t.date = w.date AND t.post_id = w.post_id AND t.engagement_type = w.engagement_type
        AND t.created_at >= w.first AND t.created_at < w.after
    GROUP BY ALL
),

elsewhere AS (
    SELECT
        p.date, p.post_id, count(*) AS events, count(*) FILTER (WHERE a.fresh) / count(*) AS share,
        count(*) FILTER (
            WHERE a.created_at
                <= time_bucket(INTERVAL 5 MINUTE, a.created_at + INTERVAL 1 SECOND)
        ) AS sharp
    FROM (SELECT DISTINCT date, post_id FROM audience) AS p
    INNER JOIN audience AS a ON a.date = p.date AND a.post_id <> p.post_id
    GROUP BY p.date, p.post_id
),

bursts AS (
    SELECT c.* FROM counted AS c INNER JOIN elsewhere AS o USING (date, post_id)
    WHERE o.events >= 20 AND o.share < 0.4 AND o.sharp <= o.events / 2
        AND c.fresh >= 20 / (1 - o.share / 0.4) - 0.000001
        AND c.fresh >= 0.8 * c.events - 0.000001
        AND c.fresh >= c.fresh_of_day / 50 - 0.000001
)

SELECT DISTINCT
    t.date, epoch_us(t.created_at) // 3600000000 % 24 AS hour, t.post_id, t.engagement_type,
    t.user_id, t.id, CAST(100 * t.value AS BIGINT) AS hundredths
FROM audience AS t INNER JOIN bursts AS b
    ON t.date = b.date AND t.post_id = b.post_id AND t.engagement_type = b.engagement_type
    AND t.created_at >= b.first AND t.created_at < b.after
WHERE t.fresh
