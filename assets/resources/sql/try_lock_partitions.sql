-- Takes one session-level advisory lock per partition, in one order; returns those held elsewhere.
-- Locks: advisory only. Safe to re-run: the session's end frees them, however it ends.
WITH wanted AS MATERIALIZED (
    SELECT
        tables.table_name,
        days.partition_date
    FROM unnest(%(tables)s::text[]) AS tables (table_name)
    CROSS JOIN unnest(%(days)s::date[]) AS days (partition_date)
    ORDER BY tables.table_name, days.partition_date
),

tried AS MATERIALIZED (
    SELECT
        wanted.table_name,
        wanted.partition_date,
        pg_try_advisory_lock(
            hashtextextended(
                concat_ws(
                    '|', 'sociallive', wanted.table_name,
                    to_char(wanted.partition_date, 'YYYY-MM-DD')
                ),
                0
            )
        ) AS is_held
    FROM wanted
)

SELECT
    tried.table_name,
    tried.partition_date
FROM tried
WHERE NOT tried.is_held
ORDER BY tried.table_name, tried.partition_date;
