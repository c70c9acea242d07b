-- Partitions of a window that were published once, and which writer did so last; of one that is
-- being written that is not said.
-- Locks: none. Safe to re-run: changes nothing.
SELECT
    ledger.table_name,
    ledger.partition_date,
    CASE WHEN ledger.state = 'published' THEN ledger.fence ELSE 0 END AS fence
FROM pipeline.partition_ledger AS ledger
WHERE
    ledger.table_name = ANY(%(tables)s::text[])
    AND ledger.partition_date >= %(first)s
    AND ledger.partition_date <= %(last)s
    AND ledger.load_id IS NOT NULL;
