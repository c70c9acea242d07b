-- Accounts that follows which have ended name, or posts that are gone.
-- Locks: none. Safe to re-run: changes nothing.
SELECT uuid_send(deletions.follower_id) AS id
FROM pipeline.follow_deletions AS deletions
UNION ALL
SELECT uuid_send(deletions.following_id) AS id
FROM pipeline.follow_deletions AS deletions
UNION ALL
SELECT uuid_send(gone.user_id) AS id
FROM pipeline.post_deletions AS gone;
