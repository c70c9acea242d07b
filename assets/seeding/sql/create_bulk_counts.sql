-- How many posts and follows each user has that has any, whenever it is asked.
-- Locks: none. Safe to re-run: the view is this session's own, and goes away with a rollback.
CREATE TEMPORARY VIEW bulk_counts AS
WITH memberships AS (
    SELECT
        posts.user_id,
        1 AS posts_count,
        0 AS followers_count,
        0 AS following_count
    FROM posts
    UNION ALL
    SELECT
        followed.following_id AS user_id,
        0 AS posts_count,
        1 AS followers_count,
        0 AS following_count
    FROM user_followers AS followed
    UNION ALL
    SELECT
        following.follower_id AS user_id,
        0 AS posts_count,
        0 AS followers_count,
        1 AS following_count
    FROM user_followers AS following
)

SELECT
    memberships.user_id,
    sum(memberships.posts_count)::integer AS posts_count,
    sum(memberships.followers_count)::integer AS followers_count,
    sum(memberships.following_count)::integer AS following_count
FROM memberships
GROUP BY memberships.user_id;
