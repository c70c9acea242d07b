-- Posts created, changed, soft-deleted or engaged with in the window, as they stand now; engagement
-- that is kept elsewhere comes as the ids of its posts. Posts that an earlier reading found touched
-- keep the visibility that they had then, and stay touched while they exist, if they may: what their
-- authors did since is no part of the window.
-- Locks: none beyond reading. No index serves updated_at on purpose: it would make every counter
-- update of the application dearer; this is one scan of posts per day of data.
WITH seen_before AS (
    SELECT
        found.id,
        found.visibility
    FROM
        unnest(
            string_to_array(%(seen_posts)s, ',')::uuid[],
            string_to_array(%(seen_visibilities)s, ',', '')
        ) AS found (id, visibility)
),

touched AS (
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
    UNION
    SELECT seen_before.id
    FROM seen_before
    WHERE %(stay_touched)s
),

stood AS (
    SELECT
        posts.id,
        posts.user_id,
        posts.media_type,
        posts.created_at,
        posts.deleted_at,
        CASE WHEN seen_before.id IS NULL THEN posts.visibility::text ELSE seen_before.visibility END
            AS visibility
    FROM touched
    INNER JOIN posts ON touched.id = posts.id
    LEFT JOIN seen_before ON touched.id = seen_before.id
    WHERE posts.created_at IS NOT NULL
)

SELECT
    uuid_send(stood.id) AS id,
    uuid_send(stood.user_id) AS user_id,
    stood.visibility,
    stood.media_type::text AS media_type,
    stood.created_at AT TIME ZONE 'UTC' AS created_at,
    stood.deleted_at AT TIME ZONE 'UTC' AS deleted_at,
    uuid_hash_extended(
        stood.id,
        uuid_hash_extended(
            stood.user_id,
            hashtextextended(
                concat_ws('|', coalesce(stood.visibility, ''), stood.media_type::text),
                timestamp_hash_extended(
                    stood.created_at,
                    timestamp_hash_extended(coalesce(stood.deleted_at, 'infinity'), 0)
                )
            )
        )
    ) AS row_hash
FROM stood;
