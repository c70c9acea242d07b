-- Published values of some metrics per day, and whether everything read of the day was final. Only
-- rows of a day's first instant are published ones; NaN is no value.
-- Locks: none beyond reading. Safe to re-run: reads only.
WITH wanted AS (
    SELECT
        listed.series,
        listed.metric_name,
        listed.tags
    FROM unnest(
        %(series)s::text[], %(names)s::text[], %(tags)s::jsonb[]
    ) AS listed (series, metric_name, tags)
),

published AS (
    SELECT
        metrics.metric_name,
        metrics.tags,
        metrics.timestamp,
        metrics.metric_value
    FROM system_metrics AS metrics
    WHERE
        metrics.metric_name = ANY(%(names)s::text[])
        AND metrics.timestamp >= %(first)s::date
        AND metrics.timestamp < %(last)s::date + 1
        AND metrics.timestamp = metrics.timestamp::date
        AND metrics.metric_value <> 'NaN'
),

finality AS (
    SELECT
        ledger.partition_date,
        bool_and(ledger.is_final) AS is_final
    FROM pipeline.partition_ledger AS ledger
    WHERE
        ledger.partition_date >= %(first)s
        AND ledger.partition_date <= %(last)s
    GROUP BY ledger.partition_date
)

SELECT
    wanted.series,
    published.timestamp::date AS date,
    published.metric_value::bigint AS amount,
    finality.is_final
FROM published
INNER JOIN wanted
    ON published.metric_name = wanted.metric_name AND published.tags = wanted.tags
LEFT JOIN finality ON published.timestamp = finality.partition_date;
