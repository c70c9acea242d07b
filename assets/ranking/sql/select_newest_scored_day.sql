-- The newest day whose scores were published, also where a later run of it was stopped.
-- Locks: none. Safe to re-run: changes nothing.
SELECT max(ledger.partition_date)
FROM pipeline.partition_ledger AS ledger
WHERE
    ledger.table_name = 'post_scores'
    AND ledger.load_id IS NOT NULL;
