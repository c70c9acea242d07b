-- The day's numbers as one would compute them inside PostgreSQL, from thirty days of raw rows.
CREATE SCHEMA IF NOT EXISTS plain;
CREATE TABLE IF NOT EXISTS plain.user_analytics (LIKE public.user_analytics INCLUDING ALL);
CREATE TABLE IF NOT EXISTS plain.system_metrics (LIKE public.system_metrics INCLUDING ALL);
CREATE TABLE IF NOT EXISTS plain.post_scores (
    post_id UUID PRIMARY KEY, author_id UUID, score NUMERIC(10, 2), created_at TIMESTAMP
);
CREATE INDEX IF NOT EXISTS plain_scores ON plain.post_scores (score DESC);

DELETE FROM plain.user_analytics WHERE date = %(day)s::date;
INSERT INTO plain.user_analytics (
    user_id, date, profile_views, post_impressions, post_engagements,
    followers_gained, followers_lost, total_likes, total_comments, total_shares
)
WITH received AS (
    SELECT
        p.user_id,
        count(DISTINCT e.user_id) FILTER (
            WHERE e.engagement_type = 'VIEW' AND e.metadata ->> 'source' = 'profile'
        ) AS profile_views,
        count(*) FILTER (WHERE e.engagement_type = 'VIEW') AS views,
        count(*) FILTER (WHERE e.engagement_type <> 'VIEW') AS engagements,
        count(*) FILTER (WHERE e.engagement_type = 'LIKE') AS likes,
        count(*) FILTER (WHERE e.engagement_type = 'COMMENT') AS comments,
        count(*) FILTER (WHERE e.engagement_type = 'SHARE') AS shares
    FROM user_engagement AS e
    INNER JOIN posts AS p ON e.post_id = p.id
    WHERE e.created_at >= %(day)s::timestamp AND e.created_at < %(day)s::timestamp + interval '1 day'
    GROUP BY p.user_id
),
gained AS (
    SELECT following_id AS user_id, count(*) AS follows
    FROM user_followers
    WHERE created_at >= %(day)s::timestamp AND created_at < %(day)s::timestamp + interval '1 day'
    GROUP BY following_id
),
lost AS (
    SELECT (old_values ->> 'following_id')::uuid AS user_id, count(*) AS unfollows
    FROM audit_log
    WHERE table_name = 'user_followers' AND operation = 'DELETE'
        AND timestamp >= %(day)s::timestamp AND timestamp < %(day)s::timestamp + interval '1 day'
    GROUP BY 1
)
SELECT
    coalesce(r.user_id, g.user_id, l.user_id), %(day)s::date,
    coalesce(profile_views, 0), coalesce(views, 0), coalesce(engagements, 0),
    coalesce(follows, 0), coalesce(unfollows, 0),
    coalesce(likes, 0), coalesce(comments, 0), coalesce(shares, 0)
FROM received AS r
FULL JOIN gained AS g USING (user_id)
FULL JOIN lost AS l USING (user_id);

CREATE TEMPORARY TABLE active ON COMMIT DROP AS
SELECT DISTINCT user_id, created_at::date AS day FROM user_engagement
WHERE created_at >= %(day)s::timestamp - interval '29 days'
    AND created_at < %(day)s::timestamp + interval '1 day'
UNION
SELECT user_id, created_at::date FROM posts
WHERE created_at >= %(day)s::timestamp - interval '29 days'
    AND created_at < %(day)s::timestamp + interval '1 day'
UNION
SELECT user_id, created_at::date FROM comments
WHERE created_at >= %(day)s::timestamp - interval '29 days'
    AND created_at < %(day)s::timestamp + interval '1 day'
UNION
SELECT follower_id, created_at::date FROM user_followers
WHERE created_at >= %(day)s::timestamp - interval '29 days'
    AND created_at < %(day)s::timestamp + interval '1 day';
ANALYZE active;

DELETE FROM plain.system_metrics WHERE timestamp = %(day)s::timestamp;
INSERT INTO plain.system_metrics (metric_name, metric_value, tags, timestamp)
WITH of_day AS MATERIALIZED (
    SELECT e.engagement_type, p.user_id AS creator
    FROM user_engagement AS e
    INNER JOIN posts AS p ON e.post_id = p.id
    WHERE e.created_at >= %(day)s::timestamp AND e.created_at < %(day)s::timestamp + interval '1 day'
),
views AS (
    SELECT creator, count(*) AS n FROM of_day WHERE engagement_type = 'VIEW' GROUP BY creator
),
metrics (metric_name, metric_value, tags) AS (
    SELECT 'daily_active_users', count(*)::numeric, '{}'::jsonb FROM active
    WHERE day = %(day)s::date
    UNION ALL
    SELECT 'weekly_active_users', count(DISTINCT user_id), '{}' FROM active
    WHERE day > %(day)s::date - 7
    UNION ALL
    SELECT 'monthly_active_users', count(DISTINCT user_id), '{}' FROM active
    UNION ALL
    SELECT 'engagement_events', count(*), jsonb_build_object('type', engagement_type)
    FROM of_day GROUP BY engagement_type
    UNION ALL
    SELECT
        'engagement_rate',
        count(*) FILTER (WHERE engagement_type <> 'VIEW')::numeric
        / nullif(count(*) FILTER (WHERE engagement_type = 'VIEW'), 0), '{}'
    FROM of_day
    UNION ALL
    SELECT 'new_users', count(*), '{}' FROM users
    WHERE created_at >= %(day)s::timestamp AND created_at < %(day)s::timestamp + interval '1 day'
    UNION ALL
    SELECT 'posts_created', count(*), '{}' FROM posts
    WHERE created_at >= %(day)s::timestamp AND created_at < %(day)s::timestamp + interval '1 day'
    UNION ALL
    SELECT 'active_creators', count(DISTINCT user_id), '{}' FROM posts
    WHERE created_at >= %(day)s::timestamp AND created_at < %(day)s::timestamp + interval '1 day'
    UNION ALL
    SELECT
        'retention_rate',
        count(a.user_id)::numeric / nullif(count(*), 0), jsonb_build_object('day', n)
    FROM (VALUES (1), (7), (30)) AS spans (n)
    INNER JOIN users AS u ON u.created_at::date = %(day)s::date - n
    LEFT JOIN active AS a ON a.user_id = u.id AND a.day = %(day)s::date
    GROUP BY n
    UNION ALL
    SELECT 'user_lifecycle', count(*), '{"state": "returning"}' FROM active AS a
    INNER JOIN active AS b ON a.user_id = b.user_id AND b.day = a.day - 1
    WHERE a.day = %(day)s::date
    UNION ALL
    SELECT
        'exposure_gini',
        2 * sum(n * place) / (count(*) * sum(n)) - (count(*) + 1)::numeric / count(*), '{}'
    FROM (SELECT n, row_number() OVER (ORDER BY n) AS place FROM views) AS ordered
)
SELECT metric_name, round(metric_value, 4), tags, %(day)s::timestamp
FROM metrics WHERE metric_value IS NOT NULL;

-- Not learned: weighted engagement of thirty days that fades, each account once per post and type.
INSERT INTO plain.post_scores (post_id, author_id, score, created_at)
SELECT p.id, p.user_id, coalesce(s.score, 0), p.created_at
FROM posts AS p
LEFT JOIN (
    SELECT post_id, sum(
        value * CASE engagement_type
            WHEN 'VIEW' THEN 0.05 WHEN 'CLICK' THEN 0.8 WHEN 'LIKE' THEN 1 WHEN 'SAVE' THEN 2
            WHEN 'SHARE' THEN 3 ELSE 10
        END * exp(
            -extract(EPOCH FROM %(day)s::timestamp + interval '1 day' - created_at) / 86400
        )
    ) AS score
    FROM (
        SELECT DISTINCT ON (user_id, post_id, engagement_type) *
        FROM user_engagement
        WHERE created_at >= %(day)s::timestamp - interval '29 days'
            AND created_at < %(day)s::timestamp + interval '1 day'
        ORDER BY user_id, post_id, engagement_type, created_at
    ) AS once
    GROUP BY post_id
) AS s ON p.id = s.post_id
WHERE p.deleted_at IS NULL
    AND p.created_at >= %(day)s::timestamp - interval '29 days'
    AND p.created_at < %(day)s::timestamp + interval '1 day'
ON CONFLICT (post_id) DO UPDATE SET score = excluded.score
WHERE post_scores.score IS DISTINCT FROM excluded.score;

CREATE MATERIALIZED VIEW IF NOT EXISTS plain.popular_posts AS
SELECT * FROM plain.post_scores
WHERE created_at > (SELECT max(created_at) FROM plain.post_scores) - interval '7 days'
ORDER BY score DESC, created_at DESC, post_id LIMIT 1000;
REFRESH MATERIALIZED VIEW plain.popular_posts;
