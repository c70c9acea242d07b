-- Independent statement of post_engagement_hourly, read off the raw events and their coordinated ones.
SELECT
    e.date, extract('hour' FROM e.created_at) AS hour, e.post_id, e.engagement_type,
    any_value(e.author_id) AS author_id,
    count(*) AS audience_events,
    100 * sum(e.value) AS audience_value,
    count(c.id) AS coordinated_events,
    100 * coalesce(sum(e.value) FILTER (WHERE c.id IS NOT NULL), 0) AS coordinated_value
FROM user_engagement AS e LEFT JOIN coordinated AS c ON c.id = e.id
WHERE e.user_id <> e.author_id
GROUP BY ALL
ORDER BY e.date, e.post_id, e.engagement_type, hour
