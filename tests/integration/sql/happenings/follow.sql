INSERT INTO user_followers (follower_id, following_id, created_at)
SELECT u.id, o.id, %(at)s
FROM (SELECT id FROM users ORDER BY id OFFSET %(user)s %% (SELECT count(*) FROM users) LIMIT 1) AS u
CROSS JOIN (
    SELECT id FROM users ORDER BY id DESC OFFSET %(other)s %% (SELECT count(*) FROM users) LIMIT 1
) AS o
WHERE u.id <> o.id
ON CONFLICT DO NOTHING
