-- A private table for the days' rows. Locks: none. Safe to re-run: it ends with the transaction.
CREATE TEMP TABLE staged_user_analytics (
    user_id UUID NOT NULL,
    date DATE NOT NULL,
    profile_views INTEGER NOT NULL,
    post_impressions INTEGER NOT NULL,
    post_engagements INTEGER NOT NULL,
    followers_gained INTEGER NOT NULL,
    followers_lost INTEGER NOT NULL,
    total_likes INTEGER NOT NULL,
    total_comments INTEGER NOT NULL,
    total_shares INTEGER NOT NULL,
    PRIMARY KEY (date, user_id)
) ON COMMIT DROP;
