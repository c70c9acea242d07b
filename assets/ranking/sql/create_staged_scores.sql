-- The day's scores as they arrive, seen by this session only.
-- Locks: none that anyone waits for; the table is new. Safe to re-run: dropped before.
CREATE TEMPORARY TABLE staged_scores (
    post_id UUID PRIMARY KEY,
    engagement_score DECIMAL(10, 2) NOT NULL
);
