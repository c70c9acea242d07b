-- What the roles may do. The reader is given columns, never tables: a new column stays hidden until
-- somebody decides otherwise. `schema/privacy.py` says which are private, and a test compares.
-- No grants on partitions: a partition's own grants would bypass what holds for its parent.
-- Locks: ACCESS SHARE on the tables' catalogue rows; nobody waits.

GRANT USAGE ON SCHEMA public TO authenticated_users, sociallive_reader, sociallive_writer;
GRANT USAGE ON SCHEMA pipeline TO sociallive_reader, sociallive_writer;
GRANT SELECT ON pipeline.schema_migrations TO sociallive_reader, sociallive_writer;

GRANT SELECT, INSERT, UPDATE, DELETE ON user_sessions TO authenticated_users;
GRANT EXECUTE ON FUNCTION current_user_id() TO authenticated_users;

GRANT SELECT (
    id, username, role, is_verified, is_active, followers_count, following_count, posts_count,
    created_at, updated_at, deleted_at
) ON users TO sociallive_reader;
GRANT SELECT (
    id, user_id, media_type, visibility, likes_count, comments_count, shares_count,
    engagement_score, is_featured, tags, created_at, updated_at, deleted_at
) ON posts TO sociallive_reader;
GRANT SELECT (
    id, post_id, user_id, parent_id, likes_count, replies_count, is_edited, created_at, updated_at,
    deleted_at
) ON comments TO sociallive_reader;
GRANT SELECT (id, follower_id, following_id, created_at) ON user_followers TO sociallive_reader;
GRANT SELECT (
    id, user_id, post_id, engagement_type, value, metadata, created_at
) ON user_engagement, user_engagement_archive, user_engagement_all TO sociallive_reader;
GRANT SELECT (user_id, post_id, engagement_type) ON user_engagement_keys TO sociallive_reader;
GRANT SELECT (
    id, user_id, post_id, score, reason, created_at, expires_at
) ON feed_items TO sociallive_reader;
GRANT SELECT (
    id, user_id, is_active, expires_at, created_at, last_used_at
) ON user_sessions TO sociallive_reader;
GRANT SELECT (
    id, user_id, mime_type, file_size, width, height, duration, processing_status, created_at,
    updated_at
) ON media_files TO sociallive_reader;
GRANT SELECT (
    id, content_type, content_id, moderator_id, status, automated_score, reviewed_at, created_at
) ON content_moderation TO sociallive_reader;
GRANT SELECT ON user_analytics, system_metrics TO sociallive_reader;

GRANT SELECT, INSERT, UPDATE, DELETE ON user_analytics, system_metrics TO sociallive_writer;
GRANT SELECT (id) ON users TO sociallive_writer;
GRANT SELECT (
    id, user_id, created_at, deleted_at, visibility, engagement_score
) ON posts TO sociallive_writer;
GRANT UPDATE (engagement_score) ON posts TO sociallive_writer;
GRANT EXECUTE ON FUNCTION refresh_popular_posts() TO sociallive_writer;
