-- Sums of the notes about ended days: per platform table and day, what changed since the day was read.
-- Of an earlier state, only what it did not see. Locks: none beyond reading.
-- Safe to re-run: changes nothing.
SELECT
    days.changed_day::date AS changed_day,
    noted.table_name,
    sum(noted.row_delta)::bigint AS row_delta,
    CASE
        WHEN bool_and(noted.fingerprint_delta IS NOT NULL) THEN sum(noted.fingerprint_delta)
    END AS fingerprint_delta
FROM pipeline.day_changes AS noted
INNER JOIN generate_series(%(first)s::date, %(last)s::date, INTERVAL '1 day') AS days (changed_day)
    ON noted.days @> days.changed_day::date
WHERE
    noted.days && daterange(%(first)s::date, %(last)s::date, '[]')
    AND (
        %(seen)s::pg_snapshot IS NULL
        OR NOT pg_visible_in_snapshot(noted.xid, %(seen)s::pg_snapshot)
    )
GROUP BY days.changed_day, noted.table_name
ORDER BY days.changed_day, noted.table_name;
