-- The prior of every candidate, with the formulas written out: candidates in, LIKEs out.
WITH weights (engagement_type, likes) AS (
    VALUES ('VIEW', 0.05), ('CLICK', 0.8), ('LIKE', 1.0), ('SAVE', 2.0), ('SHARE', 3.0), ('COMMENT', 10.0)
),

posts AS (
    SELECT
        c.date, c.post_id, c.author_id,
        floor(epoch(c.date + INTERVAL 1 DAY) - epoch(c.created_at)) / 3600 AS age,
        coalesce(sum(w.likes::DOUBLE * (h.audience_value - h.coordinated_value) / 100), 0) AS got,
        coalesce(
            sum(w.likes::DOUBLE * (h.audience_value - h.coordinated_value) / 100)
            FILTER (h.date = c.date), 0
        ) AS got_today,
        coalesce(
            sum(w.likes::DOUBLE * (h.audience_value - h.coordinated_value) / 100)
            FILTER (h.date > c.date - 7), 0
        ) AS got_in_week
    FROM candidates AS c
    LEFT JOIN post_engagement_hourly AS h
        ON c.post_id = h.post_id AND h.date BETWEEN c.date - 29 AND c.date
    LEFT JOIN weights AS w ON h.engagement_type = w.engagement_type
    WHERE c.date BETWEEN $first AND $last
    GROUP BY c.date, c.post_id, c.author_id, c.created_at
),

shares AS (
    SELECT
        *,
        1 - (8 / (age + 8)) ** 1.5 AS lived,
        CASE WHEN age > 24 THEN (8 / (age - 16)) ** 1.5 ELSE 1 END - (8 / (age + 8)) ** 1.5 AS lived_today,
        (8 / (age + 8)) ** 1.5 - (8 / (age + 32)) ** 1.5 AS to_come,
        CASE WHEN age <= 168 THEN 0 WHEN age >= 336 THEN 1 ELSE age / 168 - 1 END AS old
    FROM posts
),

platforms AS (
    SELECT date, sum(got) / (sum(lived) + 1) AS usual FROM shares GROUP BY date
),

authors AS (
    SELECT
        s.date, s.post_id, p.usual AS platform_lifetime,
        greatest((coalesce(sum(o.got), 0) + 3 * p.usual) / (coalesce(sum(o.lived), 0) + 3), 0)
            AS author_lifetime
    FROM shares AS s
    INNER JOIN platforms AS p ON s.date = p.date
    LEFT JOIN shares AS o
        ON s.date = o.date AND s.author_id = o.author_id AND s.post_id <> o.post_id
    GROUP BY s.date, s.post_id, p.usual
)

SELECT
    s.date, s.post_id, a.platform_lifetime, a.author_lifetime,
    (1 - s.old) * s.to_come * (
        (0.3 * a.author_lifetime + greatest(s.got, 0)) / (0.3 + s.lived)
        + (0.3 * a.author_lifetime + greatest(s.got_today, 0)) / (0.3 + s.lived_today)
    ) / 2
    + s.old * (greatest(s.got_in_week, 0) / 16 + greatest(s.got_today, 0) / 10) / 2 AS prior
FROM shares AS s INNER JOIN authors AS a ON s.date = a.date AND s.post_id = a.post_id
ORDER BY s.date, s.post_id
