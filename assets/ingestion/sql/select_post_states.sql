-- Posts created, changed, soft-deleted or engaged with in the window, as they stand now; engagement
-- that is kept elsewhere comes as the ids of its posts.
-- Locks: none beyond reading. No index serves updated_at on purpose: it would make every counter
-- update of the application dearer; this is one scan of posts per day of data.
WITH touched AS (
    SELECT posts.id
    FROM posts
    WHERE posts.created_at >= %(window_start)s AND posts.created_at < %(window_end)s
    UNION
    SELECT posts.id
    FROM posts
    WHERE posts.updated_at >= %(window_start)s AND posts.updated_at < %(window_end)s
    UNION
    SELECT posts.id
    FROM posts
    WHERE posts.deleted_at >= %(window_start)s AND posts.deleted_at < %(window_end)s
    UNION
    SELECT engagement.post_id AS id
    FROM user_engagement_all AS engagement
    WHERE engagement.created_at >= %(window_start)s AND engagement.created_at < %(window_end)s
    UNION
    SELECT elsewhere.id
    FROM unnest(%(elsewhere_posts)s::uuid[]) AS elsewhere (id)
)

SELECT
    uuid_send(posts.id) AS id,
    uuid_send(posts.user_id) AS user_id,
    posts.visibility::text AS visibility,
    posts.media_type::text AS media_type,
    posts.created_at AT TIME ZONE 'UTC' AS created_at,
    posts.deleted_at AT TIME ZONE 'UTC' AS deleted_at,
    uuid_hash_extended(
        posts.id,
        uuid_hash_extended(
            posts.user_id,
            hashtextextended(
                concat_ws('|', coalesce(posts.visibility::text, ''), posts.media_type::text),
                timestamp_hash_extended(
                    posts.created_at,
                    timestamp_hash_extended(coalesce(posts.deleted_at, 'infinity'), 0)
                )
            )
        )
    ) AS row_hash
FROM touched
INNER JOIN posts ON touched.id = posts.id
WHERE posts.created_at IS NOT NULL;
