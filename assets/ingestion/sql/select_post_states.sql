-- Posts created, changed, soft-deleted or engaged with in the window, as they stand now; engagement
-- that is kept elsewhere comes as the ids of its posts. Posts that an earlier reading found touched
-- keep the visibility that they had then, and stay touched while they exist, if they may: what their
-- authors did since is no part of the window.
-- And posts whose row is gone, if they were deleted in the window, softly or outright: no state of an
-- earlier day may go on saying that they live.
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

known AS (
    SELECT
        posts.id,
        posts.user_id,
        posts.visibility,
        posts.media_type,
        posts.created_at,
        posts.deleted_at
    FROM touched
    INNER JOIN posts ON touched.id = posts.id
    UNION ALL
    SELECT
        gone.post_id AS id,
        gone.user_id,
        gone.visibility,
        gone.media_type,
        gone.created_at,
        least(gone.soft_deleted_at, gone.deleted_at AT TIME ZONE 'UTC') AS deleted_at
    FROM pipeline.post_deletions AS gone
    WHERE
        (
            (
                gone.deleted_at >= %(window_start)s AT TIME ZONE 'UTC'
                AND gone.deleted_at < %(window_end)s AT TIME ZONE 'UTC'
            )
            OR (gone.soft_deleted_at >= %(window_start)s AND gone.soft_deleted_at < %(window_end)s)
        )
        AND NOT EXISTS (
            SELECT FROM posts
            WHERE posts.id = gone.post_id
        )
),

stood AS (
    SELECT
        known.id,
        known.user_id,
        known.media_type,
        known.created_at,
        known.deleted_at,
        CASE WHEN seen_before.id IS NULL THEN known.visibility::text ELSE seen_before.visibility END
            AS visibility
    FROM known
    LEFT JOIN seen_before ON known.id = seen_before.id
    WHERE known.created_at IS NOT NULL
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
