-- Independent statement of user_analytics: every number counted on its own for every user and day,
-- rows without any non-zero number left out.
WITH
creators AS (
    SELECT author_id AS user_id FROM user_engagement
    UNION
    SELECT following_id FROM follows
    UNION
    SELECT following_id FROM unfollows
),

events AS (
    SELECT
        author_id, user_id, CAST(created_at AS DATE) AS date, engagement_type AS kind,
        source = 'profile' AS on_profile
    FROM user_engagement
),

numbers AS (
    SELECT
        d.date,
        c.user_id,
        (
            SELECT count(DISTINCT e.user_id) FROM events AS e
            WHERE e.author_id = c.user_id AND e.date = d.date AND e.kind = 'VIEW' AND e.on_profile
        ) AS profile_views,
        (
            SELECT count(*) FROM events AS e
            WHERE e.author_id = c.user_id AND e.date = d.date AND e.kind = 'VIEW'
        ) AS post_impressions,
        (
            SELECT count(*) FROM events AS e
            WHERE e.author_id = c.user_id AND e.date = d.date
                AND e.kind IN ('LIKE', 'SHARE', 'COMMENT', 'CLICK', 'SAVE')
        ) AS post_engagements,
        (
            SELECT count(*) FROM follows AS f
            WHERE f.following_id = c.user_id AND CAST(f.created_at AS DATE) = d.date
        ) AS followers_gained,
        (
            SELECT count(*) FROM unfollows AS u
            WHERE u.following_id = c.user_id AND CAST(u.deleted_at AS DATE) = d.date
        ) AS followers_lost,
        (
            SELECT count(*) FROM events AS e
            WHERE e.author_id = c.user_id AND e.date = d.date AND e.kind = 'LIKE'
        ) AS total_likes,
        (
            SELECT count(*) FROM events AS e
            WHERE e.author_id = c.user_id AND e.date = d.date AND e.kind = 'COMMENT'
        ) AS total_comments,
        (
            SELECT count(*) FROM events AS e
            WHERE e.author_id = c.user_id AND e.date = d.date AND e.kind = 'SHARE'
        ) AS total_shares
    FROM creators AS c
    CROSS JOIN days AS d
)

SELECT *
FROM numbers
WHERE greatest(
    profile_views, post_impressions, post_engagements, followers_gained, followers_lost,
    total_likes, total_comments, total_shares
) > 0
ORDER BY date, user_id
