-- Every view, like, share, comment, click and save; the one table that grows without end, so it is
-- cut by month of created_at.
-- PRIMARY KEY (id, created_at) and no UNIQUE (user_id, post_id, engagement_type) here: PostgreSQL
-- wants the partition key in every unique constraint. 0008 keeps that uniqueness another way.
-- The default partition takes what no month takes, so that no row fails for its date.
-- Locks: none that anyone waits for; the tables are new.

CREATE TABLE user_engagement (
    id UUID DEFAULT gen_random_uuid(),
    user_id UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    post_id UUID NOT NULL REFERENCES posts (id) ON DELETE CASCADE,
    engagement_type ENGAGEMENT_TYPE_ENUM NOT NULL,
    value DECIMAL(5, 2) DEFAULT 1.0,
    metadata JSONB,
    created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    PRIMARY KEY (id, created_at)
) PARTITION BY RANGE (created_at);

CREATE INDEX idx_engagement_user_id ON user_engagement (user_id);
CREATE INDEX idx_engagement_post_id ON user_engagement (post_id);
CREATE INDEX idx_engagement_type ON user_engagement (engagement_type);
CREATE INDEX idx_engagement_created_at ON user_engagement (created_at);
CREATE INDEX idx_engagement_metadata ON user_engagement USING gin (metadata);

CREATE TABLE user_engagement_default PARTITION OF user_engagement DEFAULT;
