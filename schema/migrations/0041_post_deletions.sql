-- Posts that were deleted outright, also with their account: a row that is gone tells no day that it is.
-- Days on which the post was touched may lie too far back to be read again, and only the last of them
-- is known; with this the day of the deletion itself says that the post is not alive any more.
-- Statement trigger with a transition table, as that of deleted follows: one call for a cascade.
-- Whoever erases a person takes these rows as well: pipeline.erase_post_deletions().
-- Locks: SHARE ROW EXCLUSIVE on posts for the triggers: its writers wait for milliseconds, readers go on.

CREATE TABLE pipeline.post_deletions (
    post_id UUID PRIMARY KEY,
    user_id UUID NOT NULL,
    visibility VISIBILITY_ENUM,
    media_type MEDIA_TYPE_ENUM,
    created_at TIMESTAMP,
    soft_deleted_at TIMESTAMP,
    deleted_at TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP
);

COMMENT ON TABLE pipeline.post_deletions IS
'Posts whose row is gone, as they stood then; deleted_at: when they were deleted outright. One that
is inserted again leaves.';

GRANT SELECT ON pipeline.post_deletions TO sociallive_reader;

-- The argument names the table that holds the posts. A post that had been deleted before, too, was
-- inserted again: its last deletion counts.
CREATE FUNCTION pipeline.note_deleted_posts() RETURNS TRIGGER
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    EXECUTE format(
        'INSERT INTO pipeline.post_deletions '
        '(post_id, user_id, visibility, media_type, created_at, soft_deleted_at) '
        'SELECT id, user_id, visibility, media_type, created_at, deleted_at FROM %s '
        'ON CONFLICT (post_id) DO UPDATE '
        'SET user_id = excluded.user_id, visibility = excluded.visibility, '
        'media_type = excluded.media_type, created_at = excluded.created_at, '
        'soft_deleted_at = excluded.soft_deleted_at, deleted_at = excluded.deleted_at',
        TG_ARGV[0]
    );
    RETURN NULL;
END;
$$;

-- Days on which posts were deleted that are there again: they were not. For bulk loads; looks at all of them.
CREATE FUNCTION pipeline.note_restored_posts() RETURNS VOID
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    WITH restored AS (
        DELETE FROM pipeline.post_deletions AS gone
        USING posts
        WHERE gone.post_id = posts.id
        RETURNING gone.soft_deleted_at, gone.deleted_at AT TIME ZONE 'UTC' AS deleted_at
    )

    SELECT
        pipeline.note_day_change('posts', deleted_at, deleted_at, 0, NULL),
        pipeline.note_day_change('posts', soft_deleted_at, soft_deleted_at, 0, NULL)
    FROM restored;
$$;

CREATE FUNCTION pipeline.note_restored_post() RETURNS TRIGGER
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    gone RECORD;
BEGIN
    DELETE FROM pipeline.post_deletions
    WHERE post_id = NEW.id
    RETURNING soft_deleted_at, deleted_at AT TIME ZONE 'UTC' AS deleted_at INTO gone;
    IF FOUND THEN
        PERFORM pipeline.note_day_change('posts', gone.deleted_at, gone.deleted_at, 0, NULL);
        PERFORM pipeline.note_day_change('posts', gone.soft_deleted_at, gone.soft_deleted_at, 0, NULL);
    END IF;
    RETURN NULL;
END;
$$;

CREATE TRIGGER note_deleted_posts
AFTER DELETE ON posts
REFERENCING OLD TABLE AS deleted
FOR EACH STATEMENT EXECUTE FUNCTION pipeline.note_deleted_posts('deleted');

CREATE TRIGGER note_truncated_posts
BEFORE TRUNCATE ON posts
FOR EACH STATEMENT EXECUTE FUNCTION pipeline.note_deleted_posts('posts');

-- A post of today that is deleted and inserted again changes no day that has ended.
CREATE TRIGGER note_restored_post
AFTER INSERT ON posts
FOR EACH ROW
WHEN (
    NEW.created_at < date_trunc('day', clock_timestamp() AT TIME ZONE 'UTC')
    AND current_setting('sociallive.noted_in_bulk', TRUE) IS DISTINCT FROM 'on'
)
EXECUTE FUNCTION pipeline.note_restored_post();

CREATE FUNCTION pipeline.count_post_deletions(subject UUID)
RETURNS TABLE (table_name TEXT, row_count BIGINT)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT 'pipeline.post_deletions', count(*)
    FROM pipeline.post_deletions AS gone
    WHERE gone.user_id = subject
    HAVING count(*) > 0;
$$;

CREATE FUNCTION pipeline.erase_post_deletions(subject UUID) RETURNS BIGINT
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    erased BIGINT;
BEGIN
    DELETE FROM pipeline.post_deletions WHERE user_id = subject;
    GET DIAGNOSTICS erased = ROW_COUNT;
    RETURN erased;
END;
$$;

REVOKE ALL ON FUNCTION
pipeline.note_deleted_posts(),
pipeline.note_restored_posts(),
pipeline.note_restored_post(),
pipeline.count_post_deletions(UUID),
pipeline.erase_post_deletions(UUID)
FROM PUBLIC;

GRANT EXECUTE ON FUNCTION
pipeline.count_post_deletions(UUID),
pipeline.erase_post_deletions(UUID)
TO sociallive_operator;
