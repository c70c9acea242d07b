-- How long do posts wait for an answer?
WITH waits AS (
    SELECT (
        SELECT min(comments.created_at) FROM comments
        WHERE comments.post_id = posts.id AND comments.user_id <> posts.user_id
    ) - posts.created_at AS wait
    FROM posts
    WHERE posts.created_at >= '2024-02-26' AND posts.created_at < '2024-03-01'
)
SELECT CASE WHEN wait IS NULL THEN 'not answered'
        WHEN wait < '1 hour' THEN 'within 1 hour' WHEN wait < '6 hours' THEN 'within 6 hours'
        WHEN wait < '1 day' THEN 'within a day' ELSE 'later' END, count(*)::text
FROM waits
GROUP BY 1
ORDER BY count(*) DESC, 1
