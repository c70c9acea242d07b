-- Published rows of some tables per day, and whether the day was final when it was read.
-- Locks: none beyond reading. Safe to re-run: reads only.
SELECT
    ledger.table_name AS series,
    ledger.partition_date AS date,
    ledger.row_count AS amount,
    ledger.is_final
FROM pipeline.partition_ledger AS ledger
WHERE
    ledger.table_name = ANY(%(tables)s::text[])
    AND ledger.partition_date >= %(first)s
    AND ledger.partition_date <= %(last)s
    AND ledger.load_id IS NOT NULL;
