-- What the platform shows to whom.
-- Locks: none that anyone waits for; the table is new.

CREATE TABLE feed_items (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    post_id UUID NOT NULL REFERENCES posts (id) ON DELETE CASCADE,
    score DECIMAL(10, 4) NOT NULL,
    reason VARCHAR(50),
    created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    expires_at TIMESTAMP,
    UNIQUE (user_id, post_id)
);

CREATE INDEX idx_feed_user_score ON feed_items (user_id, score DESC);
CREATE INDEX idx_feed_created_at ON feed_items (created_at DESC);
CREATE INDEX idx_feed_expires_at ON feed_items (expires_at);
