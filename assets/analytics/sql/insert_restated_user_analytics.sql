-- Keeps every number of already published days that is about to change, with what changed since in
-- the source, or in its definition. No row means 0. A user who was deleted since has neither numbers
-- nor an entry.
-- Locks: none that anyone waits for. Safe to re-run: it goes with the write-back's transaction.
INSERT INTO pipeline.restatements (
    table_name, date, metric_name, user_id, old_value, new_value, reasons, was_final, run_id
)
WITH published AS (
    SELECT
        ledger.partition_date AS date,
        ledger.published_at,
        ledger.metric_versions,
        coalesce(ledger.is_final, FALSE) AS was_final
    FROM pipeline.partition_ledger AS ledger
    WHERE
        ledger.table_name = 'user_analytics'
        AND ledger.partition_date >= %(first)s
        AND ledger.partition_date <= %(last)s
        AND ledger.load_id IS NOT NULL
),

causes AS (
    SELECT
        changes.changed_day AS date,
        changes.user_id,
        changes.source_table,
        array_agg(DISTINCT changes.reason ORDER BY changes.reason) AS reasons
    FROM pipeline.source_changes AS changes
    INNER JOIN published ON changes.changed_day = published.date
    WHERE changes.changed_at > published.published_at
    GROUP BY changes.changed_day, changes.user_id, changes.source_table
),

known AS (
    SELECT analytics.*
    FROM user_analytics AS analytics
    WHERE
        analytics.date >= %(first)s
        AND analytics.date <= %(last)s
),

numbers AS (
    SELECT
        user_id,
        date,
        number.metric_name,
        number.source_table,
        coalesce(number.old_value, 0) AS old_value,
        coalesce(number.new_value, 0) AS new_value
    FROM staged_user_analytics AS staged
    FULL JOIN known USING (user_id, date)
    CROSS JOIN LATERAL (
        VALUES
        ('profile_views', 'user_engagement', known.profile_views, staged.profile_views),
        ('post_impressions', 'user_engagement', known.post_impressions, staged.post_impressions),
        ('post_engagements', 'user_engagement', known.post_engagements, staged.post_engagements),
        ('followers_gained', 'follows', known.followers_gained, staged.followers_gained),
        ('followers_lost', 'unfollows', known.followers_lost, staged.followers_lost),
        ('total_likes', 'user_engagement', known.total_likes, staged.total_likes),
        ('total_comments', 'user_engagement', known.total_comments, staged.total_comments),
        ('total_shares', 'user_engagement', known.total_shares, staged.total_shares)
    ) AS number (metric_name, source_table, old_value, new_value)
)

SELECT
    'user_analytics' AS table_name,
    numbers.date,
    numbers.metric_name,
    numbers.user_id,
    numbers.old_value,
    numbers.new_value,
    coalesce(
        nullif(
            coalesce(causes.reasons, '{}')
            || CASE
                WHEN
                    published.metric_versions IS NOT NULL
                    AND published.metric_versions ->> numbers.metric_name
                    IS DISTINCT FROM %(versions)s::jsonb ->> numbers.metric_name
                    THEN ARRAY['definition']
                ELSE '{}'
            END,
            '{}'
        ),
        ARRAY['unexplained']
    ) AS reasons,
    published.was_final,
    %(run_id)s AS run_id
FROM numbers
INNER JOIN published ON numbers.date = published.date
INNER JOIN users ON numbers.user_id = users.id
LEFT JOIN causes
    ON
        numbers.date = causes.date
        AND numbers.user_id = causes.user_id
        AND numbers.source_table = causes.source_table
WHERE numbers.old_value <> numbers.new_value;
