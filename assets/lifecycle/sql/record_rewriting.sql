-- Notes the files that stand in for those of before; when and from what they were published stays.
-- Locks: a row of the ledger, already held. Safe to re-run: the same note again.
UPDATE pipeline.partition_ledger AS ledger
SET
    state = 'published',
    load_id = %(load_id)s,
    row_count = %(rows)s
WHERE
    ledger.table_name = %(table)s
    AND ledger.partition_date = %(day)s
    AND ledger.fence = %(fence)s;
