-- Days, newest day, provisional days and unfinished writes of every table.
-- Locks: none beyond reading.
SELECT
    ledger.table_name,
    count(ledger.load_id) AS days,
    max(ledger.partition_date) FILTER (WHERE ledger.load_id IS NOT NULL) AS newest,
    (
        array_agg(ledger.is_final ORDER BY ledger.partition_date DESC)
        FILTER (WHERE ledger.load_id IS NOT NULL)
    )[1] AS newest_is_final,
    count(*) FILTER (WHERE ledger.load_id IS NOT NULL AND NOT ledger.is_final) AS provisional,
    count(*) FILTER (WHERE ledger.state = 'writing') AS unfinished
FROM pipeline.partition_ledger AS ledger
GROUP BY ledger.table_name
ORDER BY ledger.table_name;
