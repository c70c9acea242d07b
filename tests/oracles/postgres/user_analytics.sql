-- What user_analytics of a range of days must be, straight from the platform's tables.
WITH received AS (
    SELECT p.user_id, e.created_at::date AS date, e.engagement_type AS kind,
        e.user_id AS viewer, e.metadata ->> 'source' AS source
    FROM (SELECT * FROM user_engagement UNION ALL SELECT * FROM user_engagement_archive) AS e
    JOIN posts AS p ON p.id = e.post_id
),
gained AS (
    SELECT following_id AS user_id, created_at::date AS date FROM user_followers
    UNION ALL
    SELECT (old_values ->> 'following_id')::uuid, (old_values ->> 'created_at')::timestamp::date
    FROM audit_log WHERE table_name = 'user_followers' AND operation = 'DELETE'
),
lost AS (
    SELECT (old_values ->> 'following_id')::uuid AS user_id, timestamp::date AS date
    FROM audit_log WHERE table_name = 'user_followers' AND operation = 'DELETE'
),
grid AS (
    SELECT u.id AS user_id, d::date AS date
    FROM users AS u CROSS JOIN generate_series(%(first)s::date, %(last)s::date, '1 day') AS d
),
by_user AS (
    SELECT user_id, date,
        count(DISTINCT viewer) FILTER (WHERE kind = 'VIEW' AND source = 'profile') AS profile_views,
        count(*) FILTER (WHERE kind = 'VIEW') AS post_impressions,
        count(*) FILTER (WHERE kind <> 'VIEW') AS post_engagements,
        count(*) FILTER (WHERE kind = 'LIKE') AS total_likes,
        count(*) FILTER (WHERE kind = 'COMMENT') AS total_comments,
        count(*) FILTER (WHERE kind = 'SHARE') AS total_shares
    FROM received GROUP BY user_id, date
)
SELECT g.user_id, g.date,
    coalesce(b.profile_views, 0)::int AS profile_views,
    coalesce(b.post_impressions, 0)::int AS post_impressions,
    coalesce(b.post_engagements, 0)::int AS post_engagements,
    coalesce(f.followers_gained, 0)::int AS followers_gained,
    coalesce(l.followers_lost, 0)::int AS followers_lost,
    coalesce(b.total_likes, 0)::int AS total_likes,
    coalesce(b.total_comments, 0)::int AS total_comments,
    coalesce(b.total_shares, 0)::int AS total_shares
FROM grid AS g
LEFT JOIN by_user AS b USING (user_id, date)
LEFT JOIN (
    SELECT user_id, date, count(*) AS followers_gained FROM gained GROUP BY user_id, date
) AS f USING (user_id, date)
LEFT JOIN (
    SELECT user_id, date, count(*) AS followers_lost FROM lost GROUP BY user_id, date
) AS l USING (user_id, date)
WHERE b.user_id IS NOT NULL OR f.user_id IS NOT NULL OR l.user_id IS NOT NULL
ORDER BY g.user_id, g.date
