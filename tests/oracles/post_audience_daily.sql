-- Independent statement of post_audience_daily, read off the raw events and their coordinated ones.
SELECT
    e.date, e.post_id, any_value(e.author_id) AS author_id,
    count(DISTINCT e.user_id) AS accounts,
    count(DISTINCT e.user_id) FILTER (
        WHERE e.id IN (SELECT c.id FROM coordinated AS c)
    ) AS coordinated_accounts
FROM user_engagement AS e
WHERE e.user_id <> e.author_id
GROUP BY e.date, e.post_id
ORDER BY e.date, e.post_id
