-- The newest day that one of the tables has published; null where none has.
-- Locks: none beyond reading. Safe to re-run: reads only.
SELECT max(ledger.partition_date)
FROM pipeline.partition_ledger AS ledger
WHERE
    ledger.table_name = ANY(%(tables)s::text[])
    AND ledger.load_id IS NOT NULL;
