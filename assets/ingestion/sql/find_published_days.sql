-- Days of a window that the ledger knows as published once.
-- Locks: none. Safe to re-run: changes nothing.
SELECT ledger.partition_date
FROM pipeline.partition_ledger AS ledger
WHERE
    ledger.table_name = %(table)s
    AND ledger.load_id IS NOT NULL
    AND ledger.partition_date >= %(first)s
    AND ledger.partition_date <= %(last)s;
