INSERT INTO users (email, username, password_hash, created_at)
SELECT n || '@late.invalid', 'late' || n, '!', %(at)s FROM (SELECT count(*) AS n FROM users) AS c
ON CONFLICT DO NOTHING
