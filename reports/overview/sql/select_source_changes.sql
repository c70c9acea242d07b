-- Rows that re-read days had more or less than when they were read before, by day, table and reason.
-- Locks: none beyond reading.
SELECT
    changes.changed_day AS date,
    changes.source_table,
    changes.reason,
    sum(changes.row_count)::bigint AS row_count,
    max(changes.changed_at) AS changed_at
FROM pipeline.source_changes AS changes
WHERE
    changes.changed_day >= %(first)s
    AND changes.changed_day <= %(last)s
GROUP BY changes.changed_day, changes.source_table, changes.reason
ORDER BY changes.changed_day, changes.source_table, changes.reason;
