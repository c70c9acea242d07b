-- Partitions of a window that were published once, whatever has become of them.
-- Locks: none. Safe to re-run: changes nothing.
SELECT
    ledger.table_name,
    ledger.partition_date
FROM pipeline.partition_ledger AS ledger
WHERE
    ledger.table_name = ANY(%(tables)s::text[])
    AND ledger.partition_date >= %(first)s
    AND ledger.partition_date <= %(last)s
    AND ledger.load_id IS NOT NULL;
