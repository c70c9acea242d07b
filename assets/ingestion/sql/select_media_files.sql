-- Uploads of the window, without names and paths. Locks: none beyond reading.
SELECT
    uuid_send(media_files.id) AS id,
    uuid_send(media_files.user_id) AS user_id,
    media_files.processing_status::text AS processing_status,
    media_files.file_size,
    media_files.created_at AT TIME ZONE 'UTC' AS created_at,
    uuid_hash_extended(
        media_files.id,
        uuid_hash_extended(
            media_files.user_id,
            hashtextextended(
                coalesce(media_files.processing_status::text, ''),
                hashint8extended(
                    coalesce(media_files.file_size, -1),
                    timestamp_hash_extended(media_files.created_at, 0)
                )
            )
        )
    ) AS row_hash
FROM media_files
WHERE
    media_files.created_at >= %(window_start)s
    AND media_files.created_at < %(window_end)s;
