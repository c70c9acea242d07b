-- Months of the given days, and those of rows in the default partition, that lack a partition.
-- Locks: none beyond reading. Safe to re-run: changes nothing.
SELECT missing.month_start
FROM missing_engagement_months(%(first)s, %(last)s) AS missing (month_start)
UNION
SELECT waiting.month_start
FROM pipeline.engagement_without_month(cast(%(out_of_range)s AS DATE)) AS waiting
WHERE
    EXISTS (SELECT missing_engagement_months(waiting.month_start, waiting.month_start))
ORDER BY month_start;
