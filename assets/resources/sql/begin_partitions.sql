-- Raises the fence of each partition, so that whoever wrote it before can no longer publish.
-- Locks: rows of the ledger. Safe to re-run: each call is a newer writer.
WITH taken AS MATERIALIZED (
    SELECT nextval('pipeline.fence') AS fence
),

begun AS (
    INSERT INTO pipeline.partition_ledger AS ledger (
        table_name, partition_date, fence, run_id, state
    )
    SELECT
        tables.table_name,
        days.partition_date,
        taken.fence,
        %(run_id)s AS run_id,
        'writing' AS state
    FROM taken
    CROSS JOIN unnest(%(tables)s::text[]) AS tables (table_name)
    CROSS JOIN unnest(%(days)s::date[]) AS days (partition_date)
    ORDER BY tables.table_name, days.partition_date
    ON CONFLICT (table_name, partition_date) DO UPDATE
        SET
            fence = excluded.fence,
            run_id = excluded.run_id,
            state = excluded.state,
            begun_at = clock_timestamp()
        WHERE ledger.fence < excluded.fence
)

SELECT taken.fence
FROM taken;
