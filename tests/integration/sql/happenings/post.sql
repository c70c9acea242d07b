INSERT INTO posts (user_id, content, created_at)
SELECT id, 'late', %(at)s FROM users ORDER BY id
OFFSET %(user)s %% (SELECT count(*) FROM users) LIMIT 1
