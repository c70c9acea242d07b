DELETE FROM users WHERE id = (
    SELECT id FROM users
    WHERE NOT EXISTS (SELECT FROM content_moderation WHERE moderator_id = users.id)
    ORDER BY id OFFSET %(number)s %% 50 LIMIT 1
)
