-- Changes of published numbers in the last week, by table and reasons.
-- Locks: none beyond reading.
SELECT
    restated.table_name,
    array_to_string(restated.reasons, ', ') AS reasons,
    count(*) AS changes,
    count(DISTINCT restated.date) AS days,
    min(restated.date) AS first_day,
    max(restated.date) AS last_day
FROM pipeline.restatements AS restated
WHERE restated.restated_at >= clock_timestamp() - INTERVAL '7 days'
GROUP BY restated.table_name, restated.reasons
ORDER BY restated.table_name, restated.reasons;
