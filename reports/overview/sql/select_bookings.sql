-- Every partition of some days that was ever published: whether it is final, and since when.
-- Locks: none beyond reading. Safe to re-run: reads only.
SELECT
    ledger.partition_date AS date,
    ledger.table_name,
    ledger.is_final,
    ledger.published_at
FROM pipeline.partition_ledger AS ledger
WHERE
    ledger.partition_date >= %(first)s
    AND ledger.partition_date <= %(last)s
    AND ledger.load_id IS NOT NULL
ORDER BY ledger.partition_date, ledger.table_name;
