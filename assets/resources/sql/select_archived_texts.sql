-- Every value of a window of the archive as a text that `cold_proof.py` makes of a copy, too.
-- Locks: none beyond reading.
SELECT
    encode(uuid_send(archived.id), 'hex') AS id,
    encode(uuid_send(archived.user_id), 'hex') AS user_id,
    encode(uuid_send(archived.post_id), 'hex') AS post_id,
    archived.engagement_type::text AS engagement_type,
    archived.value::text AS value,
    archived.metadata::text AS metadata,
    (extract(EPOCH FROM archived.created_at) * 1000000)::bigint::text AS created_at,
    archived.metadata ->> 'source' AS source,
    pipeline.hash_engagement(
        archived.id, archived.user_id, archived.post_id, archived.engagement_type,
        archived.value, archived.metadata, archived.created_at
    )::text AS row_hash
FROM user_engagement_archive AS archived
WHERE
    archived.created_at >= %(window_start)s
    AND archived.created_at < %(window_end)s;
