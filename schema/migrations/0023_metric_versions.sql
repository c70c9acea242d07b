-- Which version of each metric a published day was computed with, and where a series changes it.
-- Days that were published before this migration have every metric in its first version.
-- Locks: ACCESS EXCLUSIVE on the ledger until the migration commits: it waits for publications that
-- are under way, and those that begin meanwhile wait for it. None on platform tables.

ALTER TABLE pipeline.partition_ledger
ADD COLUMN metric_versions JSONB CHECK (jsonb_typeof(metric_versions) = 'object');

COMMENT ON COLUMN pipeline.partition_ledger.metric_versions IS
'Version of each metric of the published day; NULL for tables without metrics.';

UPDATE pipeline.partition_ledger AS ledger
SET metric_versions = firsts.metric_versions
FROM (
    SELECT
        first_metrics.table_name,
        jsonb_object_agg(first_metrics.metric_name, 1) AS metric_versions
    FROM (
        SELECT
            'user_analytics' AS table_name,
            unnest(ARRAY[
                'profile_views', 'post_impressions', 'post_engagements', 'followers_gained',
                'followers_lost', 'total_likes', 'total_comments', 'total_shares'
            ]) AS metric_name
        UNION ALL
        SELECT
            'system_metrics' AS table_name,
            unnest(ARRAY[
                'daily_active_users', 'weekly_active_users', 'monthly_active_users', 'stickiness',
                'new_users', 'posts_created', 'comments_created', 'follows', 'unfollows',
                'engagement_events', 'engagement_rate', 'active_creators', 'retention_rate',
                'user_lifecycle', 'exposure_gini', 'response_hours_median', 'moderation_pending',
                'moderation_decided', 'moderation_hours_median', 'media_uploads', 'media_bytes',
                'active_sessions', 'new_sessions', 'ingest_rows', 'ingest_lag_seconds', 'day_final'
            ]) AS metric_name
    ) AS first_metrics
    GROUP BY first_metrics.table_name
) AS firsts
WHERE
    ledger.table_name = firsts.table_name
    AND ledger.load_id IS NOT NULL;

-- Compared is the newest earlier day that has the metric: days that were never published, or before
-- the metric existed, hide no break.
CREATE VIEW pipeline.series_breaks AS
SELECT
    series.table_name,
    series.metric_name,
    series.partition_date,
    series.version_before,
    series.version
FROM (
    SELECT
        ledger.table_name,
        metrics.metric_name,
        ledger.partition_date,
        metrics.version::integer AS version,
        lag(metrics.version::integer) OVER (
            PARTITION BY ledger.table_name, metrics.metric_name
            ORDER BY ledger.partition_date
        ) AS version_before
    FROM pipeline.partition_ledger AS ledger
    CROSS JOIN jsonb_each_text(ledger.metric_versions) AS metrics (metric_name, version)
) AS series
WHERE series.version <> series.version_before;

COMMENT ON VIEW pipeline.series_breaks IS
'One row per metric and day from which on its published numbers are of another version.';

GRANT SELECT ON pipeline.series_breaks TO sociallive_reader;
