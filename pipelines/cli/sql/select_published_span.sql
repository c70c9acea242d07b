-- First and last day of which anything was published. Locks: none beyond reading.
SELECT
    min(ledger.partition_date) AS first_day,
    max(ledger.partition_date) AS last_day
FROM pipeline.partition_ledger AS ledger
WHERE ledger.load_id IS NOT NULL;
