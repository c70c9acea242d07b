-- Independent statement of post_engagement_daily, read off the raw events.
SELECT
    CAST(e.created_at AS DATE) AS date,
    e.post_id,
    e.engagement_type,
    any_value(e.author_id) AS author_id,
    count(*) AS events,
    (
        SELECT count(*) FROM user_engagement AS o
        WHERE o.post_id = e.post_id AND o.engagement_type = e.engagement_type
            AND CAST(o.created_at AS DATE) = CAST(e.created_at AS DATE) AND o.user_id <> o.author_id
    ) AS audience_events,
    100 * coalesce(sum(e.value) FILTER (WHERE e.user_id <> e.author_id), 0) AS audience_value
FROM user_engagement AS e
GROUP BY ALL
ORDER BY date, e.post_id, e.engagement_type
