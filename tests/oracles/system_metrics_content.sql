-- Independent statement of the metrics of posts, comments and follows, as numerator / denominator.
WITH
made AS (
    SELECT *, CAST(created_at AS DATE) AS date, coalesce(media_type, 'TEXT') AS media FROM posts
),

first_answers AS (
    SELECT
        p.date + 1 AS date,
        p.id,
        min(epoch_us(c.created_at) - epoch_us(p.created_at)) AS wait_us
    FROM made AS p
    INNER JOIN comments AS c ON c.post_id = p.id AND c.user_id <> p.user_id
    WHERE c.created_at >= p.created_at AND CAST(c.created_at AS DATE) <= p.date + 1
    GROUP BY p.id, p.date
),

waits AS (
    SELECT date, list_sort(list(wait_us)) AS sorted, count(*) AS n FROM first_answers GROUP BY date
)

SELECT
    d.date, 'posts_created' AS metric_name, '{}' AS tags,
    count(m.id) AS numerator, 1 AS denominator
FROM days AS d LEFT JOIN made AS m USING (date) GROUP BY d.date
UNION ALL
SELECT date, 'posts_created', '{"media_type": "' || media || '"}', count(*), 1
FROM made GROUP BY date, media
UNION ALL
SELECT d.date, 'active_creators', '{}', count(DISTINCT m.user_id), 1
FROM days AS d LEFT JOIN made AS m USING (date) GROUP BY d.date
UNION ALL
SELECT d.date, 'comments_created', '{}', count(c.id), 1
FROM days AS d LEFT JOIN comments AS c ON CAST(c.created_at AS DATE) = d.date GROUP BY d.date
UNION ALL
SELECT d.date, 'follows', '{}', count(f.follower_id), 1
FROM days AS d LEFT JOIN follows AS f ON CAST(f.created_at AS DATE) = d.date GROUP BY d.date
UNION ALL
SELECT d.date, 'unfollows', '{}', count(u.follower_id), 1
FROM days AS d LEFT JOIN unfollows AS u ON CAST(u.deleted_at AS DATE) = d.date GROUP BY d.date
UNION ALL
SELECT
    date, 'response_hours_median', '{}',
    sorted[(n + 1) // 2] + sorted[n // 2 + 1], 7200000000
FROM waits
