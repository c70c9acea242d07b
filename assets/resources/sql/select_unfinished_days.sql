-- Days of a table whose last writer ended before its publication was noted, or is still at it.
-- Locks: none. Safe to re-run: changes nothing.
SELECT ledger.partition_date
FROM pipeline.partition_ledger AS ledger
WHERE
    ledger.table_name = %(table)s
    AND ledger.partition_date >= %(first)s
    AND ledger.partition_date <= %(last)s
    AND ledger.state = 'writing'
ORDER BY ledger.partition_date;
