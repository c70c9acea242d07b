-- Changes of numbers of some accounts' days, oldest change first.
-- Locks: none beyond reading. Safe to re-run: it only reads.
SELECT
    uuid_send(restated.user_id) AS user_id,
    restated.date,
    restated.metric_name,
    coalesce(restated.old_value, 0)::bigint AS old_value,
    coalesce(restated.new_value, 0)::bigint AS new_value,
    restated.reasons,
    restated.restated_at
FROM pipeline.restatements AS restated
WHERE
    restated.table_name = 'user_analytics'
    AND restated.user_id = ANY(%(creators)s)
    AND restated.date >= %(first)s
    AND restated.date <= %(last)s
ORDER BY restated.restated_at;
