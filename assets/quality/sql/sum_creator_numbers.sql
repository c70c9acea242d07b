-- Per day and number, the sums of user_analytics in the lake, of accounts deleted since, and in
-- PostgreSQL. Locks: none beyond reading. Safe to re-run: changes nothing.
WITH rows_of_days AS (
    SELECT
        lake.date,
        'lake' AS place,
        users.id IS NULL AS is_deleted,
        lake.post_impressions,
        lake.post_engagements,
        lake.followers_gained,
        lake.followers_lost,
        lake.total_likes,
        lake.total_comments,
        lake.total_shares
    FROM lake_user_analytics AS lake
    LEFT JOIN users ON lake.user_id = users.id
    UNION ALL
    SELECT
        published.date,
        'postgres' AS place,
        FALSE AS is_deleted,
        published.post_impressions,
        published.post_engagements,
        published.followers_gained,
        published.followers_lost,
        published.total_likes,
        published.total_comments,
        published.total_shares
    FROM user_analytics AS published
    WHERE published.date = ANY(%(days)s::date[])
),

sums AS (
    SELECT
        place,
        is_deleted,
        date,
        sum(post_impressions) AS post_impressions,
        sum(post_engagements) AS post_engagements,
        sum(followers_gained) AS followers_gained,
        sum(followers_lost) AS followers_lost,
        sum(total_likes) AS total_likes,
        sum(total_comments) AS total_comments,
        sum(total_shares) AS total_shares
    FROM rows_of_days
    GROUP BY place, is_deleted, date
)

SELECT
    sums.date,
    numbers.number,
    coalesce(sum(numbers.amount) FILTER (WHERE sums.place = 'lake'), 0)::bigint AS in_lake,
    coalesce(sum(numbers.amount) FILTER (WHERE sums.is_deleted), 0)::bigint AS of_deleted,
    coalesce(sum(numbers.amount) FILTER (WHERE sums.place = 'postgres'), 0)::bigint AS in_postgres
FROM sums
CROSS JOIN
    LATERAL (
        VALUES
        ('post_impressions', sums.post_impressions),
        ('post_engagements', sums.post_engagements),
        ('followers_gained', sums.followers_gained),
        ('followers_lost', sums.followers_lost),
        ('total_likes', sums.total_likes),
        ('total_comments', sums.total_comments),
        ('total_shares', sums.total_shares)
    ) AS numbers (number, amount)
GROUP BY sums.date, numbers.number
ORDER BY sums.date, numbers.number;
