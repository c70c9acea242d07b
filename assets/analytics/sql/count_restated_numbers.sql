-- Numbers of a table's days that this run has restated. Locks: none. Safe to re-run: changes nothing.
SELECT
    restated.date,
    count(*) AS restated_numbers
FROM pipeline.restatements AS restated
WHERE
    restated.table_name = %(table)s
    AND restated.date >= %(first)s
    AND restated.date <= %(last)s
    AND restated.run_id = %(run_id)s
GROUP BY restated.date;
