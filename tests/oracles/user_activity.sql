-- Independent statement of user_activity: for everybody who did anything, what they did that day.
WITH
acts AS (
    SELECT user_id, CAST(created_at AS DATE) AS date, 'engagement' AS act FROM user_engagement
    UNION ALL
    SELECT user_id, CAST(created_at AS DATE), 'post' FROM posts
    UNION ALL
    SELECT user_id, CAST(created_at AS DATE), 'comment' FROM comments
    UNION ALL
    SELECT follower_id, CAST(created_at AS DATE), 'follow' FROM follows
)

SELECT
    date,
    user_id,
    count(*) FILTER (WHERE act = 'engagement') AS engagements,
    count(*) FILTER (WHERE act = 'post') AS posts,
    count(*) FILTER (WHERE act = 'comment') AS comments,
    count(*) FILTER (WHERE act = 'follow') AS follows
FROM acts
GROUP BY date, user_id
ORDER BY date, user_id
