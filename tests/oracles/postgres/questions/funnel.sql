-- How many viewers click, and how many of them comment?
SELECT count(*)::text, count(clicks)::text, count(clicks + comments)::text
FROM (
    SELECT
        nullif(count(*) FILTER (WHERE engagement_type = 'CLICK'), 0) AS clicks,
        nullif(count(*) FILTER (WHERE engagement_type = 'COMMENT'), 0) AS comments
    FROM user_engagement
    JOIN posts ON posts.id = user_engagement.post_id
    WHERE user_engagement.user_id <> posts.user_id
    GROUP BY user_engagement.user_id, user_engagement.post_id
    HAVING bool_or(engagement_type = 'VIEW')
) AS viewers
