-- All published days of some accounts, from the first with a number on; a day without a row is not
-- among them.
-- Locks: none beyond reading. Safe to re-run: it only reads.
SELECT
    analytics.user_id,
    analytics.date,
    analytics.post_impressions,
    analytics.post_engagements,
    analytics.total_likes,
    analytics.total_comments,
    analytics.total_shares,
    analytics.followers_gained,
    analytics.followers_lost,
    analytics.profile_views
FROM user_analytics AS analytics
WHERE analytics.user_id = ANY(%(ids)s)
ORDER BY analytics.user_id, analytics.date;
