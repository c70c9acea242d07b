-- Erasing by ids that say of what they are. A load makes the same UUID of "7" wherever it stands, so
-- that account 7, post 7 and comment 7 have one id: who looks for a post must not find an account.
-- Tombstones that are there already have no kind, and stay: what they still say is in the decision
-- about erasure.
-- Locks: none that anyone waits for; functions only.

COMMENT ON TABLE pipeline.tombstones IS
'Keyed hashes of ids and names of erased accounts, and of kind and id of what they made: they are
never to come back.';

DROP FUNCTION pipeline.ids_of_account(UUID);

-- Ids of the account's content and of what goes with that, each with its table; is_own: they get
-- tombstones. Comments that others wrote under its posts are found by their post.
CREATE FUNCTION pipeline.ids_of_account(subject UUID)
RETURNS TABLE (kind TEXT, id UUID, is_own BOOLEAN)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    WITH RECURSIVE thread AS (
        SELECT comments.id, TRUE AS is_own FROM comments WHERE comments.user_id = subject
        UNION
        SELECT comments.id, comments.user_id = subject AS is_own
        FROM comments
        INNER JOIN thread ON comments.parent_id = thread.id
    )

    SELECT 'posts' AS kind, posts.id, TRUE AS is_own FROM posts WHERE posts.user_id = subject
    UNION
    SELECT 'comments', thread.id, thread.is_own FROM thread
    UNION
    SELECT 'media_files', media_files.id, TRUE FROM media_files WHERE media_files.user_id = subject
    UNION
    SELECT 'content_moderation', cases.id, FALSE
    FROM pipeline.cases_about_account(subject) AS cases (id)
$$;

DROP FUNCTION pipeline.cases_about_content(UUID[]);
DROP FUNCTION pipeline.erase_cases(UUID[]);

-- Cases of moderation about content of one type that may be gone.
CREATE FUNCTION pipeline.cases_about_content(about CONTENT_TYPE_ENUM, content_ids UUID[])
RETURNS SETOF UUID
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT cases.id
    FROM content_moderation AS cases
    WHERE cases.content_type = about AND cases.content_id = ANY(content_ids)
$$;

CREATE FUNCTION pipeline.erase_cases(about CONTENT_TYPE_ENUM, content_ids UUID[]) RETURNS BIGINT
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    erased BIGINT;
BEGIN
    DELETE FROM content_moderation AS cases
    WHERE cases.id IN (
        SELECT found.id FROM pipeline.cases_about_content(about, content_ids) AS found (id)
    );
    GET DIAGNOSTICS erased = ROW_COUNT;
    RETURN erased;
END;
$$;

-- Of what the id under a key of an audit row's JSON is: our columns say it, and those that are called
-- like them. NULL: it may be of anything. `id` says it in the row that was audited only, and only where
-- that is a table of which an account's id cannot be the key.
CREATE FUNCTION pipeline.kind_of_key(key TEXT, content_type TEXT, audited TEXT) RETURNS TEXT
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT CASE
        WHEN key = 'id' THEN (
            SELECT known.audited
            FROM unnest(ARRAY[
                'users', 'posts', 'comments', 'media_files', 'content_moderation', 'user_followers',
                'user_engagement', 'user_engagement_archive', 'feed_items', 'user_sessions',
                'password_reset_tokens', 'user_analytics'
            ]) AS known (audited)
            WHERE known.audited = kind_of_key.audited
        )
        WHEN key ~ '(^|_)post_id$' THEN 'posts'
        WHEN key ~ '(^|_)(comment|parent)_id$' THEN 'comments'
        WHEN key ~ '(^|_)media(_file)?_id$' THEN 'media_files'
        WHEN key ~ '(^|_)(user|author|follower|following|moderator)_id$' THEN 'users'
        WHEN key = 'content_id' THEN CASE content_type
            WHEN 'USER_PROFILE' THEN 'users'
            WHEN 'POST' THEN 'posts'
            WHEN 'COMMENT' THEN 'comments'
            WHEN 'MEDIA' THEN 'media_files'
        END
    END
$$;

-- Whether an audit row names the account, one of its names, or an id of its content: anywhere in its
-- JSON, but not where a key says that the id is of something else.
CREATE FUNCTION pipeline.audit_row_names(
    audited TEXT, told JSONB[], subject UUID, names TEXT[], kinds TEXT[], ids TEXT[]
) RETURNS BOOLEAN
LANGUAGE sql IMMUTABLE COST 10000 SET search_path = pg_catalog, public, pg_temp AS $$
    WITH parts AS (
        SELECT
            found.part,
            CASE WHEN found.part = ANY(told) THEN audited END AS audited,
            CASE jsonb_typeof(found.part) WHEN 'object' THEN found.part ELSE '{}' END AS fields,
            CASE jsonb_typeof(found.part) WHEN 'array' THEN found.part ELSE '[]' END AS elements
        FROM jsonb_path_query(to_jsonb(told), 'strict $.**') AS found (part)
    ),

    texts (kind, value) AS (
        SELECT
            pipeline.kind_of_key(field.key, parts.fields ->> 'content_type', parts.audited),
            field.value #>> '{}'
        FROM parts
        CROSS JOIN LATERAL jsonb_each(parts.fields) AS field
        UNION ALL
        SELECT NULL, field.key
        FROM parts
        CROSS JOIN LATERAL jsonb_object_keys(parts.fields) AS field (key)
        UNION ALL
        SELECT NULL, element.value #>> '{}'
        FROM parts
        CROSS JOIN LATERAL jsonb_array_elements(parts.elements) AS element (value)
        WHERE jsonb_typeof(element.value) = 'string'
    )

    SELECT EXISTS (
        SELECT
        FROM texts
        WHERE
            texts.value = ANY(names)
            OR (coalesce(texts.kind, 'users') = 'users' AND texts.value LIKE '%' || subject || '%')
            OR EXISTS (
                SELECT
                FROM unnest(kinds, ids) AS own (kind, id)
                WHERE own.id = texts.value AND coalesce(texts.kind, own.kind) = own.kind
            )
    )
$$;

DROP FUNCTION pipeline.erase_audit_rows(UUID, TEXT[], BIGINT, BIGINT);

-- As before; a row in which such a text stands is looked at more closely.
CREATE FUNCTION pipeline.erase_audit_rows(
    subject UUID,
    names TEXT[],
    kinds TEXT[],
    ids TEXT[],
    first_block BIGINT,
    next_block BIGINT
) RETURNS BIGINT
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp SET plan_cache_mode = 'force_custom_plan' AS $$
DECLARE
    erased BIGINT;
    sought CONSTANT TEXT[] := names || ids;
BEGIN
    DELETE FROM audit_log AS audit
    WHERE
        audit.ctid >= format('(%s,0)', first_block)::TID
        AND audit.ctid < format('(%s,0)', next_block)::TID
        AND (
            concat(audit.old_values, audit.new_values) LIKE '%' || subject || '%'
            OR (
                (audit.table_name, audit.operation) IS DISTINCT FROM ('user_followers', 'DELETE')
                AND EXISTS (
                    SELECT
                    FROM jsonb_path_query(
                        jsonb_build_array(audit.old_values, audit.new_values), 'strict $.**'
                    ) AS told (value)
                    WHERE
                        jsonb_typeof(told.value) = 'string'
                        AND told.value #>> '{}' = ANY(sought)
                )
            )
        )
        AND pipeline.audit_row_names(
            audit.table_name, ARRAY[audit.old_values, audit.new_values], subject, names, kinds, ids
        );
    GET DIAGNOSTICS erased = ROW_COUNT;
    UPDATE audit_log AS audit SET user_id = NULL
    WHERE
        audit.ctid >= format('(%s,0)', first_block)::TID
        AND audit.ctid < format('(%s,0)', next_block)::TID
        AND audit.user_id = subject;
    RETURN erased;
END;
$$;

CREATE OR REPLACE FUNCTION pipeline.has_traces_of(subject UUID) RETURNS BOOLEAN
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT
        EXISTS (SELECT FROM user_engagement_keys AS held WHERE held.user_id = subject)
        OR EXISTS (SELECT FROM pipeline.cases_about_content('USER_PROFILE', ARRAY[subject]))
        OR EXISTS (
            SELECT FROM audit_log AS audit
            WHERE
                audit.user_id = subject
                OR (
                    concat(audit.old_values, audit.new_values) LIKE '%' || subject || '%'
                    AND pipeline.audit_row_names(
                        audit.table_name,
                        ARRAY[audit.old_values, audit.new_values],
                        subject,
                        '{}',
                        '{}',
                        '{}'
                    )
                )
        )
$$;

REVOKE ALL ON FUNCTION
pipeline.ids_of_account(UUID),
pipeline.cases_about_content(CONTENT_TYPE_ENUM, UUID[]),
pipeline.erase_cases(CONTENT_TYPE_ENUM, UUID[]),
pipeline.kind_of_key(TEXT, TEXT, TEXT),
pipeline.audit_row_names(TEXT, JSONB[], UUID, TEXT[], TEXT[], TEXT[]),
pipeline.erase_audit_rows(UUID, TEXT[], TEXT[], TEXT[], BIGINT, BIGINT)
FROM PUBLIC;

GRANT EXECUTE ON FUNCTION
pipeline.ids_of_account(UUID),
pipeline.cases_about_content(CONTENT_TYPE_ENUM, UUID[]),
pipeline.erase_cases(CONTENT_TYPE_ENUM, UUID[]),
pipeline.erase_audit_rows(UUID, TEXT[], TEXT[], TEXT[], BIGINT, BIGINT)
TO sociallive_operator;
