-- Writes the rows of the days that are new; a user who was deleted since has no row.
-- Locks: the written rows; their users against deletion. Safe to re-run: nothing is new then.
INSERT INTO user_analytics (
    user_id, date, profile_views, post_impressions, post_engagements, followers_gained,
    followers_lost, total_likes, total_comments, total_shares
)
WITH known AS (
    SELECT
        user_id,
        date
    FROM user_analytics
    WHERE
        date >= %(first)s
        AND date <= %(last)s
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
LEFT JOIN known
    ON staged.user_id = known.user_id AND staged.date = known.date
WHERE known.user_id IS NULL
ORDER BY staged.user_id, staged.date;
