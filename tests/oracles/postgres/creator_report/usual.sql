-- What the weekdays of the period brought in each whole week before, per creator and number.
WITH weeks AS (
    SELECT %(first)s::date - 7 * n AS starts FROM generate_series(1, 4) AS n
),
days AS (
    SELECT w.starts, w.starts + n AS day, (
        SELECT count(*) FROM generate_series(%(first)s::date, %(last)s::date, '1 day') AS p
        WHERE extract(isodow FROM p) = extract(isodow FROM w.starts + n)
    ) AS times
    FROM weeks AS w CROSS JOIN generate_series(0, 6) AS n
),
figures AS (
    SELECT u.id AS user_id, d.starts, number.key AS metric,
        sum(coalesce(number.value::int, 0) * d.times)::int AS figure
    FROM users AS u CROSS JOIN days AS d
    LEFT JOIN user_analytics AS a ON a.user_id = u.id AND a.date = d.day
    CROSS JOIN LATERAL jsonb_each_text(jsonb_build_object(
        'post_impressions', a.post_impressions, 'post_engagements', a.post_engagements,
        'total_likes', a.total_likes, 'total_comments', a.total_comments,
        'total_shares', a.total_shares, 'followers_gained', a.followers_gained,
        'followers_lost', a.followers_lost, 'profile_views', a.profile_views
    )) AS number
    WHERE u.created_at::date <= d.starts AND d.starts >= %(published)s
    GROUP BY u.id, d.starts, number.key
)
SELECT user_id, metric, count(*)::int, sum(figure)::int, min(figure), max(figure)
FROM figures GROUP BY user_id, metric
