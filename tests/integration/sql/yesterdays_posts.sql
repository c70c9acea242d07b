-- Three posts of yesterday: one commented on, one liked, one engaged with by its author only.
WITH author AS (
    INSERT INTO users (email, username, password_hash, created_at)
    VALUES ('author@users.invalid', 'author', '!', CURRENT_DATE - 9),
    ('reader@users.invalid', 'reader', '!', CURRENT_DATE - 9)
    RETURNING id, username
),

written AS (
    INSERT INTO posts (user_id, content, created_at)
    SELECT author.id, texts.content, CURRENT_DATE - INTERVAL '1 day' + INTERVAL '8 hours'
    FROM author
    CROSS JOIN (VALUES ('liked'), ('commented'), ('own')) AS texts (content)
    WHERE author.username = 'author'
    RETURNING id, user_id, content
)

INSERT INTO user_engagement (user_id, post_id, engagement_type, created_at)
SELECT
    CASE written.content
        WHEN 'own' THEN written.user_id
        ELSE (SELECT author.id FROM author WHERE author.username = 'reader')
    END,
    written.id,
    CASE written.content WHEN 'liked' THEN 'LIKE' ELSE 'COMMENT' END::engagement_type_enum,
    CURRENT_DATE - INTERVAL '1 day' + INTERVAL '9 hours'
FROM written;
