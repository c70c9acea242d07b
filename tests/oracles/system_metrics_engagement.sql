-- Independent statement of the metrics of engagement events, as numerator / denominator.
-- Gini: the mean difference of all pairs of creators over twice their mean; over n * n pairs, both
-- means have the same divisor.
WITH
events AS (
    SELECT CAST(created_at AS DATE) AS date, engagement_type AS kind, author_id
    FROM user_engagement
),

views AS (
    SELECT date, author_id, count(*) AS views FROM events WHERE kind = 'VIEW'
    GROUP BY date, author_id
)

SELECT
    d.date, 'engagement_events' AS metric_name, '{"type": "' || t.kind || '"}' AS tags,
    count(e.author_id) AS numerator, 1 AS denominator
FROM days AS d
CROSS JOIN (
    VALUES ('LIKE'), ('SHARE'), ('COMMENT'), ('VIEW'), ('CLICK'), ('SAVE')
) AS t (kind)
LEFT JOIN events AS e USING (date, kind)
GROUP BY d.date, t.kind
UNION ALL
SELECT
    date, 'engagement_rate', '{}',
    count(*) FILTER (WHERE kind <> 'VIEW'), count(*) FILTER (WHERE kind = 'VIEW')
FROM events GROUP BY date HAVING count(*) FILTER (WHERE kind = 'VIEW') > 0
UNION ALL
SELECT
    one.date, 'exposure_gini', '{}',
    sum(abs(one.views - other.views)), 2 * sum(one.views)
FROM views AS one INNER JOIN views AS other USING (date)
GROUP BY one.date
