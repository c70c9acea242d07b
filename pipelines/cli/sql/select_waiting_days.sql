-- Published days that changed since they were read: how many, the first and the last one.
-- Locks: none beyond reading.
WITH changed AS (
    SELECT ledger.partition_date
    FROM pipeline.partition_ledger AS ledger
    INNER JOIN pipeline.day_changes AS noted ON noted.days @> ledger.partition_date
    WHERE
        ledger.table_name = 'user_engagement'
        AND ledger.load_id IS NOT NULL
    GROUP BY ledger.partition_date, noted.table_name
    HAVING
        sum(noted.row_delta) <> 0
        OR sum(noted.fingerprint_delta) <> 0
        OR bool_or(noted.fingerprint_delta IS NULL)
)

SELECT
    count(DISTINCT changed.partition_date) AS days,
    min(changed.partition_date) AS first_day,
    max(changed.partition_date) AS last_day
FROM changed;
