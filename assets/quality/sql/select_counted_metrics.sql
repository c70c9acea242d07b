-- The metrics of some days that count what the lake's facts can count again; NaN is no value.
-- Locks: none beyond reading. Safe to re-run: changes nothing.
SELECT
    metrics.timestamp::date AS date,
    metrics.metric_name,
    metrics.tags::text AS tags,
    nullif(metrics.metric_value, 'NaN') AS metric_value
FROM system_metrics AS metrics
WHERE
    metrics.metric_name = ANY(%(names)s::text[])
    AND metrics.timestamp = ANY(%(days)s::timestamp[])
ORDER BY metrics.timestamp, metrics.metric_name, metrics.tags;
