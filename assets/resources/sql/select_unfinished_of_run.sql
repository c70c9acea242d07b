-- Partitions that a run has begun to write and never noted as published.
-- Locks: none. Safe to re-run: changes nothing.
SELECT
    ledger.table_name,
    ledger.partition_date
FROM pipeline.partition_ledger AS ledger
WHERE
    ledger.run_id = %(run_id)s
    AND ledger.state = 'writing'
ORDER BY ledger.table_name, ledger.partition_date;
