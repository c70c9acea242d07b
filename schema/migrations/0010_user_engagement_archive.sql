-- Engagement older than a year; the specification uses this table without defining it.
-- Whole months change parent, so it is cut as user_engagement is: same columns, primary key and
-- indexes, which a partition brings along.
-- No foreign keys here: ATTACH would then lock users and posts against everybody. A month brings its
-- own, so that a deleted post still takes its archived engagement with it.
-- No default partition: the archive is written only by a job that has the month's partition in hand; a
-- row without one is a mistake that must fail, and every ATTACH would scan and lock the default.
-- Locks: none that anyone waits for; table and view are new.

CREATE TABLE user_engagement_archive (
    id UUID DEFAULT gen_random_uuid(),
    user_id UUID NOT NULL,
    post_id UUID NOT NULL,
    engagement_type ENGAGEMENT_TYPE_ENUM NOT NULL,
    value DECIMAL(5, 2) DEFAULT 1.0,
    metadata JSONB,
    created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    PRIMARY KEY (id, created_at)
) PARTITION BY RANGE (created_at);

CREATE INDEX idx_engagement_archive_user_id ON user_engagement_archive (user_id);
CREATE INDEX idx_engagement_archive_post_id ON user_engagement_archive (post_id);
CREATE INDEX idx_engagement_archive_type ON user_engagement_archive (engagement_type);
CREATE INDEX idx_engagement_archive_created_at ON user_engagement_archive (created_at);
CREATE INDEX idx_engagement_archive_metadata ON user_engagement_archive USING gin (metadata);

-- An archived row keeps its key as long as it exists; erased with its post or user, it frees it.
CREATE TRIGGER release_engagement_key
AFTER DELETE ON user_engagement_archive
FOR EACH ROW
WHEN (current_setting('sociallive.moving_engagement', TRUE) IS DISTINCT FROM 'on')
EXECUTE FUNCTION release_engagement_key();

-- Both in one statement: a reader that asks one table after the other while a month changes parent
-- would miss it. security_invoker: the view must not lend its owner's rights.
CREATE VIEW user_engagement_all WITH (security_invoker = TRUE) AS
SELECT
    live.id,
    live.user_id,
    live.post_id,
    live.engagement_type,
    live.value,
    live.metadata,
    live.created_at
FROM user_engagement AS live
UNION ALL
SELECT
    archived.id,
    archived.user_id,
    archived.post_id,
    archived.engagement_type,
    archived.value,
    archived.metadata,
    archived.created_at
FROM user_engagement_archive AS archived;
