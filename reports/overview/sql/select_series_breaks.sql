-- Days of a range from which on a metric of the platform is computed in another version.
-- Locks: none beyond reading.
SELECT
    breaks.partition_date AS date,
    breaks.table_name,
    breaks.metric_name,
    breaks.version_before,
    breaks.version
FROM pipeline.series_breaks AS breaks
WHERE
    breaks.partition_date >= %(first)s
    AND breaks.partition_date <= %(last)s
ORDER BY breaks.partition_date, breaks.table_name, breaks.metric_name;
