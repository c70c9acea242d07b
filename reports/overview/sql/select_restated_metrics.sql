-- Every change of the platform's own numbers of some days: what was published before, and what then.
-- Locks: none beyond reading.
SELECT
    restated.date,
    restated.metric_name,
    restated.tags::text AS tags,
    restated.old_value,
    restated.new_value,
    array_to_string(restated.reasons, ', ') AS reasons,
    restated.was_final,
    restated.restated_at
FROM pipeline.restatements AS restated
WHERE
    restated.table_name = 'system_metrics'
    AND restated.date >= %(first)s
    AND restated.date <= %(last)s
ORDER BY restated.date, restated.metric_name, tags, restated.restated_at;
