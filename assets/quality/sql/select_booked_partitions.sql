-- What the ledger has of some tables and days, and whether a run holds the partition's lock now.
-- The key of the lock is that of assets/resources/sql/try_lock_partitions.sql.
-- Locks: none beyond reading. Safe to re-run: changes nothing.
WITH held AS (
    SELECT (locks.classid::bigint << 32) | locks.objid::bigint AS lock_key
    FROM pg_locks AS locks
    INNER JOIN pg_database AS databases ON locks.database = databases.oid
    WHERE
        databases.datname = current_database()
        AND locks.locktype = 'advisory'
        AND locks.objsubid = 1
        AND locks.granted
),

booked AS (
    SELECT
        ledger.table_name,
        ledger.partition_date,
        ledger.load_id,
        ledger.row_count,
        hashtextextended(
            concat_ws(
                '|', 'sociallive', ledger.table_name,
                to_char(ledger.partition_date, 'YYYY-MM-DD')
            ),
            0
        ) AS lock_key
    FROM pipeline.partition_ledger AS ledger
    WHERE
        ledger.table_name = ANY(%(tables)s::text[])
        AND ledger.partition_date >= %(first)s
        AND ledger.partition_date <= %(last)s
)

SELECT
    booked.table_name,
    booked.partition_date,
    booked.load_id,
    booked.row_count,
    booked.lock_key IN (SELECT held.lock_key FROM held) AS is_held
FROM booked
ORDER BY booked.table_name, booked.partition_date;
