-- Archived engagement of a window, every column; what numbers depend on is hashed as ingestion does.
-- NaN, which no Parquet decimal can hold, has been refused by then. Locks: none beyond reading.
SELECT
    uuid_send(archived.id) AS id,
    uuid_send(archived.user_id) AS user_id,
    uuid_send(archived.post_id) AS post_id,
    archived.engagement_type::text AS engagement_type,
    (nullif(archived.value, 'NaN') * 100)::integer AS value_hundredths,
    archived.metadata::text AS metadata,
    archived.created_at AT TIME ZONE 'UTC' AS created_at,
    archived.metadata ->> 'source' AS source,
    pipeline.hash_engagement(
        archived.id, archived.user_id, archived.post_id, archived.engagement_type,
        archived.value, archived.metadata, archived.created_at
    ) AS row_hash
FROM user_engagement_archive AS archived
WHERE
    archived.created_at >= %(window_start)s
    AND archived.created_at < %(window_end)s
ORDER BY archived.created_at, archived.id;
