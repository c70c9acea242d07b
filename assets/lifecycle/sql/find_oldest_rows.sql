-- The oldest moment from a day on that user_engagement has a row of. Locks: none beyond reading.
SELECT min(live.created_at) AS oldest
FROM user_engagement AS live
WHERE live.created_at >= %(since)s;
