-- Independent statement of the metrics of moderation, media, sessions and ingest, as
-- numerator / denominator; read off the cases and sessions themselves, not off their daily states.
WITH
bounds AS (SELECT date, date::TIMESTAMPTZ AS first, (date + 1)::TIMESTAMPTZ AS after FROM days),

decided AS (
    SELECT
        b.date, m.content_type AS kind, count(*) AS n,
        list_sort(list(epoch_us(m.reviewed_at) - epoch_us(m.created_at))) AS sorted
    FROM bounds AS b INNER JOIN content_moderation AS m
        ON m.reviewed_at >= b.first AND m.reviewed_at < b.after
    GROUP BY b.date, m.content_type
),

uploads AS (
    SELECT
        *,
        CAST(created_at AS DATE) AS date,
        coalesce('"' || processing_status || '"', 'null') AS status
    FROM media_files
)

SELECT
    b.date, 'moderation_pending' AS metric_name,
    '{"content_type": "' || m.content_type || '"}' AS tags,
    count(*) AS numerator, 1 AS denominator
FROM bounds AS b INNER JOIN content_moderation AS m ON m.created_at < b.after
WHERE m.reviewed_at IS NULL OR m.reviewed_at >= b.after
GROUP BY b.date, m.content_type
UNION ALL
SELECT date, 'moderation_decided', '{"content_type": "' || kind || '"}', n, 1 FROM decided
UNION ALL
SELECT
    date, 'moderation_hours_median', '{"content_type": "' || kind || '"}',
    sorted[(n + 1) // 2] + sorted[n // 2 + 1], 7200000000
FROM decided
UNION ALL
SELECT date, 'media_uploads', '{"status": ' || status || '}', count(*), 1
FROM uploads GROUP BY date, status
UNION ALL
SELECT d.date, 'media_bytes', '{}', coalesce(sum(u.file_size), 0), 1
FROM days AS d LEFT JOIN uploads AS u USING (date) GROUP BY d.date
UNION ALL
SELECT b.date, 'active_sessions', '{}', count(s.id), 1
FROM bounds AS b LEFT JOIN user_sessions AS s
    ON s.created_at < b.after AND s.expires_at > b.after
    AND (s.is_active OR s.last_used_at >= b.after)
GROUP BY b.date
UNION ALL
SELECT d.date, 'new_sessions', '{}', count(s.id), 1
FROM days AS d LEFT JOIN user_sessions AS s ON CAST(s.created_at AS DATE) = d.date GROUP BY d.date
UNION ALL
SELECT date, 'ingest_rows', '{"table": "' || "table" || '"}', rows, 1 FROM ingest
UNION ALL
SELECT date, 'ingest_lag_seconds', '{"table": "' || "table" || '"}', lag_us, 1000000 FROM ingest
UNION ALL
SELECT date, 'day_final', '{"table": "' || "table" || '"}', final, 1 FROM ingest
