-- Writes new and changed metrics of the days. Locks: the written rows.
-- Safe to re-run: unchanged rows are not touched.
INSERT INTO system_metrics AS published (metric_name, metric_value, tags, timestamp)
SELECT
    staged.metric_name,
    staged.metric_value,
    staged.tags,
    staged.date
FROM staged_system_metrics AS staged
LEFT JOIN system_metrics AS known
    ON
        staged.metric_name = known.metric_name
        AND staged.date = known.timestamp
        AND staged.tags = known.tags
WHERE known.metric_value IS DISTINCT FROM staged.metric_value
ORDER BY staged.metric_name, staged.date, staged.tags
ON CONFLICT (metric_name, timestamp, tags) DO UPDATE
    SET metric_value = excluded.metric_value;
