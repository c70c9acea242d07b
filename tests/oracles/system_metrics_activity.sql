-- Independent statement of the metrics of who was active, as numerator / denominator.
WITH
active AS (
    SELECT user_id, CAST(created_at AS DATE) AS date FROM user_engagement
    UNION
    SELECT user_id, CAST(created_at AS DATE) FROM posts
    UNION
    SELECT user_id, CAST(created_at AS DATE) FROM comments
    UNION
    SELECT follower_id, CAST(created_at AS DATE) FROM follows
),

created AS (SELECT id AS user_id, CAST(created_at AS DATE) AS date FROM users),

actives AS (
    SELECT
        d.date,
        w.width,
        (
            SELECT count(DISTINCT a.user_id) FROM active AS a
            WHERE a.date > d.date - w.width AND a.date <= d.date
        ) AS users
    FROM days AS d
    CROSS JOIN (VALUES (1), (7), (30)) AS w (width)
),

yesterday AS (SELECT user_id, date + 1 AS date FROM active),

states AS (
    SELECT date, user_id, 'new' AS state FROM created
    UNION ALL
    (SELECT date, user_id, 'returning' FROM active NATURAL JOIN yesterday)
    UNION ALL
    SELECT a.date, a.user_id, 'resurrected'
    FROM active AS a ANTI JOIN yesterday USING (user_id, date)
    LEFT JOIN created AS c ON c.user_id = a.user_id
    WHERE c.date IS NULL OR c.date < a.date
    UNION ALL
    SELECT y.date, y.user_id, 'dormant'
    FROM yesterday AS y ANTI JOIN active USING (user_id, date)
)

SELECT
    date,
    CASE width WHEN 1 THEN 'daily' WHEN 7 THEN 'weekly' ELSE 'monthly' END
    || '_active_users' AS metric_name,
    '{}' AS tags, users AS numerator, 1 AS denominator
FROM actives
UNION ALL
SELECT daily.date, 'stickiness', '{}', daily.users, monthly.users
FROM actives AS daily INNER JOIN actives AS monthly USING (date)
WHERE daily.width = 1 AND monthly.width = 30 AND monthly.users > 0
UNION ALL
SELECT d.date, 'new_users', '{}', count(c.user_id), 1
FROM days AS d LEFT JOIN created AS c USING (date) GROUP BY d.date
UNION ALL
SELECT d.date, 'user_lifecycle', '{"state": "' || n.state || '"}', count(s.user_id), 1
FROM days AS d
CROSS JOIN (VALUES ('new'), ('returning'), ('resurrected'), ('dormant')) AS n (state)
LEFT JOIN states AS s USING (date, state)
GROUP BY d.date, n.state
UNION ALL
SELECT d.date, 'retention_rate', '{"day": ' || n.n || '}', count(a.user_id), count(*)
FROM days AS d
CROSS JOIN (VALUES (1), (7), (30)) AS n (n)
INNER JOIN created AS c ON c.date = d.date - n.n
LEFT JOIN active AS a ON a.user_id = c.user_id AND a.date = d.date
GROUP BY d.date, n.n
