-- The scores that differ from what the platform holds, cut into batches; this session's own.
-- Locks: none that anyone waits for; the table is new. Safe to re-run: dropped before.
CREATE TEMPORARY TABLE score_changes (
    batch INTEGER NOT NULL,
    post_id UUID NOT NULL,
    engagement_score DECIMAL(10, 2) NOT NULL,
    has_left BOOLEAN NOT NULL,
    PRIMARY KEY (batch, post_id)
);
