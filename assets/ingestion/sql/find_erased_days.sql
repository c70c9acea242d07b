-- Days of which an erasure has taken rows since they were read. Locks: none.
-- Safe to re-run: changes nothing.
SELECT DISTINCT changes.changed_day
FROM pipeline.source_changes AS changes
WHERE
    changes.changed_day >= %(first)s
    AND changes.changed_day <= %(last)s
    AND changes.reason = 'erased'
    AND changes.run_id LIKE 'erasure %%'
    AND EXISTS (
        SELECT FROM pipeline.partition_ledger AS ledger
        WHERE
            ledger.table_name = 'user_engagement'
            AND ledger.partition_date = changes.changed_day
            AND ledger.published_at < changes.changed_at
    );
