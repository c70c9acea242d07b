INSERT INTO user_engagement (user_id, post_id, engagement_type, metadata, created_at)
SELECT u.id, p.id, %(kind)s::engagement_type_enum, '{"source": "profile"}', %(at)s
FROM (SELECT id FROM users ORDER BY id OFFSET %(user)s %% (SELECT count(*) FROM users) LIMIT 1) AS u
CROSS JOIN (
    SELECT id FROM posts ORDER BY id OFFSET %(post)s %% (SELECT count(*) FROM posts) LIMIT 1
) AS p
WHERE NOT EXISTS (
    SELECT FROM user_engagement_keys AS held
    WHERE held.user_id = u.id AND held.post_id = p.id
        AND held.engagement_type = %(kind)s::engagement_type_enum
)
