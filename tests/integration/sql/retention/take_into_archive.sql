WITH taken AS (
    DELETE FROM user_engagement WHERE created_at >= '2024-03-01' AND created_at < %(before)s
    RETURNING id, user_id, post_id, engagement_type, value, metadata, created_at
)
INSERT INTO user_engagement_archive SELECT * FROM taken
