-- Changes of published numbers of some days, by day, table, number and reasons; a number that changed
-- twice counts twice.
-- Whose numbers they are stays in the ledger. Locks: none beyond reading.
SELECT
    restated.date,
    restated.table_name,
    restated.metric_name,
    array_to_string(restated.reasons, ', ') AS reasons,
    count(*) AS changes,
    count(*) FILTER (WHERE restated.was_final) AS were_final,
    max(restated.restated_at) AS restated_at
FROM pipeline.restatements AS restated
WHERE
    restated.date >= %(first)s
    AND restated.date <= %(last)s
GROUP BY restated.date, restated.table_name, restated.metric_name, restated.reasons
ORDER BY restated.date, restated.table_name, restated.metric_name, reasons;
