-- Do people come back?
WITH acts AS (
    SELECT user_id, created_at::date AS day FROM user_engagement
    UNION SELECT user_id, created_at::date FROM posts
    UNION SELECT user_id, created_at::date FROM comments
    UNION SELECT follower_id, created_at::date FROM user_followers
    UNION SELECT (old_values ->> 'follower_id')::uuid, (old_values ->> 'created_at')::timestamp::date
    FROM audit_log WHERE table_name = 'user_followers' AND operation = 'DELETE'
)
SELECT first.day::text, count(DISTINCT first.user_id)::text,
    count(*) FILTER (WHERE later.day = first.day + 1)::text,
    count(*) FILTER (WHERE later.day = first.day + 2)::text,
    count(*) FILTER (WHERE later.day = first.day + 3)::text
FROM acts AS first
LEFT JOIN acts AS later ON later.user_id = first.user_id AND later.day > first.day
WHERE first.day BETWEEN '2024-02-26' AND '2024-02-28'
GROUP BY first.day
ORDER BY first.day
