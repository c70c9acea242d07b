-- Posts of four weeks beside the same creator's earlier posts at the same age in hours.
WITH shown AS (
    SELECT id, user_id, created_at, least(168, floor(
        extract(epoch FROM %(last)s::date + 1 - created_at) / 3600
    ))::int AS hours
    FROM posts
    WHERE created_at >= %(last)s::date - 27
        AND created_at <= %(last)s::date + 1 - interval '1 hour'
),
pairs AS (
    SELECT s.id, s.hours, q.id AS other, q.created_at
    FROM shown AS s JOIN posts AS q ON q.user_id = s.user_id
    WHERE q.id = s.id
        OR (
            q.created_at < s.created_at AND q.created_at >= s.created_at - interval '90 days'
            AND q.created_at >= %(published)s
        )
),
counted AS (
    SELECT pairs.id, pairs.hours, pairs.other, count(e.id) AS engagements
    FROM pairs LEFT JOIN user_engagement AS e
        ON e.post_id = pairs.other AND e.engagement_type <> 'VIEW'
        AND e.user_id <> (SELECT p.user_id FROM posts AS p WHERE p.id = pairs.other)
        AND date_trunc('hour', e.created_at) >= date_trunc('hour', pairs.created_at)
        AND date_trunc('hour', e.created_at)
            < date_trunc('hour', pairs.created_at) + pairs.hours * interval '1 hour'
    GROUP BY pairs.id, pairs.hours, pairs.other
)
SELECT id, hours, (sum(engagements) FILTER (WHERE other = id))::int,
    (count(*) FILTER (WHERE other <> id))::int,
    percentile_cont(ARRAY[0.25, 0.5, 0.75]) WITHIN GROUP (ORDER BY engagements)
        FILTER (WHERE other <> id)
FROM counted GROUP BY id, hours HAVING count(*) > 5
