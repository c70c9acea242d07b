-- Per day and number of user_analytics, the rows in which lake and PostgreSQL differ, and by how
-- much in all; a missing number counts as a difference of at least 1.
-- Locks: none beyond reading. Safe to re-run: changes nothing.
WITH published AS (
    SELECT known.*
    FROM user_analytics AS known
    WHERE known.date = ANY(%(days)s::date[])
),

pairs AS (
    SELECT
        published.date,
        published.user_id,
        numbers.number,
        numbers.in_lake,
        numbers.in_postgres
    FROM lake_user_analytics AS lake
    INNER JOIN published
        ON lake.date = published.date AND lake.user_id = published.user_id
    CROSS JOIN
        LATERAL (
            VALUES
            ('profile_views', lake.profile_views, published.profile_views),
            ('post_impressions', lake.post_impressions, published.post_impressions),
            ('post_engagements', lake.post_engagements, published.post_engagements),
            ('followers_gained', lake.followers_gained, published.followers_gained),
            ('followers_lost', lake.followers_lost, published.followers_lost),
            ('total_likes', lake.total_likes, published.total_likes),
            ('total_comments', lake.total_comments, published.total_comments),
            ('total_shares', lake.total_shares, published.total_shares)
        ) AS numbers (number, in_lake, in_postgres)
)

SELECT
    pairs.date,
    pairs.number,
    count(*) AS differing,
    sum(greatest(1, abs(pairs.in_lake - coalesce(pairs.in_postgres, 0))))::bigint AS unexplained,
    (array_agg(pairs.user_id::text ORDER BY pairs.user_id ASC))[1:5] AS examples
FROM pairs
WHERE pairs.in_lake IS DISTINCT FROM pairs.in_postgres
GROUP BY pairs.date, pairs.number
ORDER BY pairs.date, pairs.number;
