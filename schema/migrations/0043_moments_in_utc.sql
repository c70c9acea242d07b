-- Moments that our functions give rows, in UTC whatever the session's time zone is. Drivers set one of
-- their own (JDBC that of its machine), which the database's setting does not reach: an unfollow was then
-- dated hours away, and counted on another day. Columns' defaults stay as the specification has them.
-- Locks: none that anyone waits for.

ALTER FUNCTION audit_deleted_follows() SET timezone = 'UTC';
ALTER FUNCTION audit_truncated_follows() SET timezone = 'UTC';
ALTER FUNCTION record_engagement(UUID, UUID, ENGAGEMENT_TYPE_ENUM, NUMERIC, JSONB)
SET timezone = 'UTC';
