-- A private table for what the lake has of some days. Locks: none.
-- Safe to re-run: it ends with the transaction.
CREATE TEMP TABLE lake_user_analytics (
    date DATE NOT NULL,
    user_id UUID NOT NULL,
    profile_views BIGINT NOT NULL,
    post_impressions BIGINT NOT NULL,
    post_engagements BIGINT NOT NULL,
    followers_gained BIGINT NOT NULL,
    followers_lost BIGINT NOT NULL,
    total_likes BIGINT NOT NULL,
    total_comments BIGINT NOT NULL,
    total_shares BIGINT NOT NULL
) ON COMMIT DROP;
