-- Make the partitions of the given months.
-- Locks: as ensure_engagement_partitions(), to the end of the transaction; none if no month misses.
-- Safe to re-run: months that exist are left alone.
SELECT ensure_engagement_partitions(months.month_start, months.month_start)
FROM unnest(cast(%(months)s AS DATE[])) AS months (month_start);
