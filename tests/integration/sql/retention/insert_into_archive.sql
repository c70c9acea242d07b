INSERT INTO user_engagement_archive
SELECT * FROM user_engagement WHERE created_at >= '2024-03-01' AND created_at < %(before)s
