-- Partitions whose last writer ended before its publication was noted, or is still at it, with the
-- load that was noted last.
-- Locks: none. Safe to re-run: changes nothing.
SELECT
    ledger.table_name,
    ledger.partition_date,
    ledger.load_id
FROM pipeline.partition_ledger AS ledger
WHERE
    ledger.table_name = ANY(%(tables)s::text[])
    AND ledger.partition_date >= %(first)s
    AND ledger.partition_date <= %(last)s
    AND ledger.state = 'writing'
ORDER BY ledger.table_name, ledger.partition_date;
