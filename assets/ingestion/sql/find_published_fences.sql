-- Which writer published each day of a window last; of days that are being written nothing is said.
-- Locks: none. Safe to re-run: changes nothing.
SELECT
    ledger.table_name,
    ledger.partition_date,
    ledger.fence
FROM pipeline.partition_ledger AS ledger
WHERE
    ledger.table_name = ANY(%(tables)s::TEXT[])
    AND ledger.state = 'published'
    AND ledger.partition_date >= %(first)s
    AND ledger.partition_date <= %(last)s;
