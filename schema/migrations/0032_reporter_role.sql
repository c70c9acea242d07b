-- The role that fills in creators' reports: names, what creators wrote, followers and what was
-- restated. It writes nothing, and sees no address and no event of anybody.
-- It is given columns, never tables; `schema/privacy.py` lists them, and a test compares.
-- Locks: ACCESS SHARE on the tables' catalogue rows; nobody waits.

DO $$
DECLARE
    needed CONSTANT TEXT := CASE
        WHEN current_setting('server_version_num')::INTEGER >= 160000 THEN 'SET' ELSE 'MEMBER'
    END;
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'sociallive_reporter') THEN
        CREATE ROLE sociallive_reporter NOLOGIN;
    END IF;
    IF NOT pg_has_role(current_user, 'sociallive_reporter', needed) THEN
        EXECUTE format('GRANT sociallive_reporter TO %I', current_user);
    END IF;
END;
$$;

GRANT USAGE ON SCHEMA public, pipeline TO sociallive_reporter;
GRANT SELECT ON pipeline.schema_migrations TO sociallive_reporter;
GRANT SELECT (
    id, username, is_active, followers_count, created_at, deleted_at
) ON users TO sociallive_reporter;
GRANT SELECT (
    id, user_id, content, media_type, visibility, created_at, deleted_at
) ON posts TO sociallive_reporter;
GRANT SELECT (
    user_id, date, profile_views, post_impressions, post_engagements, followers_gained,
    followers_lost, total_likes, total_comments, total_shares
) ON user_analytics TO sociallive_reporter;
GRANT SELECT (
    table_name, date, metric_name, user_id, old_value, new_value, reasons, restated_at
) ON pipeline.restatements TO sociallive_reporter;
