INSERT INTO comments (user_id, post_id, content, created_at)
SELECT u.id, p.id, 'late', %(at)s
FROM (SELECT id FROM users ORDER BY id OFFSET %(user)s %% (SELECT count(*) FROM users) LIMIT 1) AS u
CROSS JOIN (
    SELECT id FROM posts ORDER BY id OFFSET %(post)s %% (SELECT count(*) FROM posts) LIMIT 1
) AS p
