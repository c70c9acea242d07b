-- Removes our metrics of the days that are absent now; other writers' metrics stay.
-- Locks: those rows. Safe to re-run: nothing is left to remove.
DELETE FROM system_metrics AS published
WHERE
    published.metric_name = ANY(%(names)s::text[])
    AND published.timestamp >= %(first)s::date
    AND published.timestamp < %(last)s::date + 1
    AND NOT EXISTS (
        SELECT FROM staged_system_metrics AS staged
        WHERE
            staged.metric_name = published.metric_name
            AND staged.date = published.timestamp
            AND staged.tags = published.tags
    );
