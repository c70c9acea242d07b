-- Keeps every metric of already published days that is about to change, with what changed since in
-- the source tables and days that it looks at, or in its definition: a metric that the day was
-- published without has a new one. NULL: the metric was, or is, absent.
-- What others wrote under our names, without tags or at another instant, was never published.
-- Locks: none that anyone waits for. Safe to re-run: it goes with the write-back's transaction.
INSERT INTO pipeline.restatements (
    table_name, date, metric_name, tags, old_value, new_value, reasons, was_final, run_id
)
WITH published AS (
    SELECT
        ledger.partition_date AS date,
        ledger.published_at,
        ledger.metric_versions,
        coalesce(ledger.is_final, FALSE) AS was_final
    FROM pipeline.partition_ledger AS ledger
    WHERE
        ledger.table_name = 'system_metrics'
        AND ledger.partition_date >= %(first)s
        AND ledger.partition_date <= %(last)s
        AND ledger.load_id IS NOT NULL
),

sources AS (
    SELECT
        listed.metric_name,
        listed.source_table,
        listed.window_days
    FROM
        unnest(%(restated)s::text[], %(source_tables)s::text[], %(window_days)s::integer[])
            AS listed (metric_name, source_table, window_days)
),

known AS (
    SELECT
        metrics.metric_name,
        metrics.timestamp::date AS date,
        metrics.tags,
        metrics.metric_value
    FROM system_metrics AS metrics
    WHERE
        metrics.metric_name = ANY(%(restated)s::text[])
        AND metrics.timestamp >= %(first)s::date
        AND metrics.timestamp < %(last)s::date + 1
        AND metrics.timestamp = metrics.timestamp::date
        AND metrics.tags IS NOT NULL
),

changed AS (
    SELECT
        metric_name,
        date,
        tags,
        known.metric_value AS old_value,
        staged.metric_value AS new_value
    FROM staged_system_metrics AS staged
    FULL JOIN known USING (metric_name, date, tags)
    WHERE
        known.metric_value IS DISTINCT FROM staged.metric_value
        AND metric_name = ANY(%(restated)s::text[])
)

SELECT
    'system_metrics' AS table_name,
    changed.date,
    changed.metric_name,
    changed.tags,
    changed.old_value,
    changed.new_value,
    coalesce(
        nullif(
            ARRAY(
                SELECT DISTINCT changes.reason
                FROM sources
                INNER JOIN pipeline.source_changes AS changes
                    ON sources.source_table = changes.source_table
                WHERE
                    sources.metric_name = changed.metric_name
                    AND changes.source_table
                    = coalesce(changed.tags ->> 'table', changes.source_table)
                    AND changes.changed_day > changed.date - sources.window_days
                    AND changes.changed_day <= changed.date
                    AND changes.changed_at > published.published_at
                ORDER BY changes.reason
            )
            || CASE
                WHEN
                    published.metric_versions IS NOT NULL
                    AND published.metric_versions ->> changed.metric_name
                    IS DISTINCT FROM %(versions)s::jsonb ->> changed.metric_name
                    THEN ARRAY['definition']
                ELSE '{}'
            END,
            '{}'
        ),
        ARRAY['unexplained']
    ) AS reasons,
    published.was_final,
    %(run_id)s AS run_id
FROM changed
INNER JOIN published ON changed.date = published.date;
