-- Rows of a window of the archive, the sum of their hashes, and values that are no numbers.
-- Locks: none beyond reading.
SELECT
    count(*) AS row_count,
    coalesce(
        sum(
            pipeline.hash_archived_engagement(
                archived.id, archived.user_id, archived.post_id, archived.engagement_type,
                archived.value, archived.metadata, archived.created_at
            )
        ),
        0
    ) AS fingerprint,
    count(*) FILTER (WHERE archived.value = 'NaN') AS not_numbers
FROM user_engagement_archive AS archived
WHERE
    archived.created_at >= %(window_start)s
    AND archived.created_at < %(window_end)s;
