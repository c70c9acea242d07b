-- Writes the changed rows of the days: an update costs half of what an upsert of the same row does.
-- Locks: the written rows. Safe to re-run: unchanged rows are not touched.
UPDATE user_analytics AS published
SET
    profile_views = staged.profile_views,
    post_impressions = staged.post_impressions,
    post_engagements = staged.post_engagements,
    followers_gained = staged.followers_gained,
    followers_lost = staged.followers_lost,
    total_likes = staged.total_likes,
    total_comments = staged.total_comments,
    total_shares = staged.total_shares
FROM staged_user_analytics AS staged
WHERE
    published.date >= %(first)s
    AND published.date <= %(last)s
    AND published.user_id = staged.user_id
    AND published.date = staged.date
    AND (
        published.profile_views, published.post_impressions, published.post_engagements,
        published.followers_gained, published.followers_lost, published.total_likes,
        published.total_comments, published.total_shares
    ) IS DISTINCT FROM (
        staged.profile_views, staged.post_impressions, staged.post_engagements,
        staged.followers_gained, staged.followers_lost, staged.total_likes, staged.total_comments,
        staged.total_shares
    );
