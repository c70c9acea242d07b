-- Notes what the open transaction publishes.
-- Locks: rows of the ledger, already held. Safe to re-run: the same note again.
UPDATE pipeline.partition_ledger AS ledger
SET
    state = 'published',
    load_id = published.load_id,
    row_count = published.row_count,
    is_final = published.is_final,
    metric_versions = published.metric_versions,
    published_at = clock_timestamp()
FROM
    unnest(
        %(tables)s::text[], %(days)s::date[], %(loads)s::text[], %(rows)s::bigint[],
        %(finals)s::boolean[], %(versions)s::jsonb[]
    ) AS published (
        table_name, partition_date, load_id, row_count, is_final, metric_versions
    )
WHERE
    ledger.table_name = published.table_name
    AND ledger.partition_date = published.partition_date
    AND ledger.fence = %(fence)s;
