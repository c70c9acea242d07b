-- Counts the partitions whose newest writer is still this one, and keeps it so until commit.
-- Locks: rows of the ledger. Safe to re-run: changes nothing.
SELECT count(*)
FROM (
    SELECT ledger.fence
    FROM pipeline.partition_ledger AS ledger
    WHERE
        ledger.table_name = ANY(%(tables)s::text[])
        AND ledger.partition_date = ANY(%(days)s::date[])
        AND ledger.fence = %(fence)s
    ORDER BY ledger.table_name, ledger.partition_date
    FOR UPDATE
) AS owned;
