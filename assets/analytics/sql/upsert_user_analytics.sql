-- Writes new and changed rows of the days, in key order, so that two writers cannot deadlock.
-- A user who was deleted since has no row. Locks: the written rows; their users against deletion.
-- Safe to re-run: unchanged rows are not touched.
INSERT INTO user_analytics AS published (
    user_id, date, profile_views, post_impressions, post_engagements, followers_gained,
    followers_lost, total_likes, total_comments, total_shares
)
SELECT
    staged.user_id,
    staged.date,
    staged.profile_views,
    staged.post_impressions,
    staged.post_engagements,
    staged.followers_gained,
    staged.followers_lost,
    staged.total_likes,
    staged.total_comments,
    staged.total_shares
FROM staged_user_analytics AS staged
INNER JOIN users ON staged.user_id = users.id
LEFT JOIN user_analytics AS known
    ON staged.user_id = known.user_id AND staged.date = known.date
WHERE
    (
        known.profile_views, known.post_impressions, known.post_engagements,
        known.followers_gained, known.followers_lost, known.total_likes, known.total_comments,
        known.total_shares
    ) IS DISTINCT FROM (
        staged.profile_views, staged.post_impressions, staged.post_engagements,
        staged.followers_gained, staged.followers_lost, staged.total_likes, staged.total_comments,
        staged.total_shares
    )
ORDER BY staged.user_id, staged.date
ON CONFLICT (user_id, date) DO UPDATE
    SET
        profile_views = excluded.profile_views,
        post_impressions = excluded.post_impressions,
        post_engagements = excluded.post_engagements,
        followers_gained = excluded.followers_gained,
        followers_lost = excluded.followers_lost,
        total_likes = excluded.total_likes,
        total_comments = excluded.total_comments,
        total_shares = excluded.total_shares;
