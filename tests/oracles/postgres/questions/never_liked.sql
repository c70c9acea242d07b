-- Which posts were shown often and never liked?
SELECT left(seen.post_id::text, 8), count(*)::text
FROM user_engagement AS seen
JOIN posts ON posts.id = seen.post_id
WHERE seen.engagement_type = 'VIEW' AND seen.user_id <> posts.user_id
    AND seen.post_id NOT IN (SELECT post_id FROM user_engagement WHERE engagement_type = 'LIKE')
GROUP BY seen.post_id
ORDER BY count(*) DESC, 1
LIMIT 5
