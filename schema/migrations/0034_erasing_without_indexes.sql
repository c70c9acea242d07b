-- Erasing an account from tables that no index leads to it in: keys of events by their post, and the
-- audit trail, whose JSON may name anybody anywhere. They are read in pieces of so many blocks, each a
-- statement and a transaction of its own: however large a table is, none of them runs for long.
-- No index instead: each engagement would have to write one on keys (post_id), for as long as the
-- platform lives; a piece of 256 MB is read within seconds, and only when somebody is erased.
-- And what goes with accounts that the platform has deleted already: their ids are all that is known.
-- Locks: none that anyone waits for; functions only.

-- Keys of the account go by the primary key. Those of its posts are another function's: see below.
CREATE OR REPLACE FUNCTION pipeline.erase_account_rows(subject UUID, target TEXT, at_most INTEGER)
RETURNS BIGINT
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    caller CONSTANT TEXT := coalesce(current_setting('app.current_user_id', TRUE), '');
    erased BIGINT;
BEGIN
    CASE target
        WHEN 'user_sessions' THEN
            PERFORM set_config('app.current_user_id', subject::TEXT, TRUE);
            DELETE FROM user_sessions WHERE user_id = subject;
            GET DIAGNOSTICS erased = ROW_COUNT;
            PERFORM set_config('app.current_user_id', caller, TRUE);
        WHEN 'password_reset_tokens' THEN
            DELETE FROM password_reset_tokens WHERE user_id = subject;
            GET DIAGNOSTICS erased = ROW_COUNT;
        WHEN 'content_moderation' THEN
            -- What the account decided about others stays, without saying who decided.
            UPDATE content_moderation SET moderator_id = NULL WHERE moderator_id = subject;
            DELETE FROM content_moderation
            WHERE id IN (SELECT about.id FROM pipeline.cases_about_account(subject) AS about (id));
            GET DIAGNOSTICS erased = ROW_COUNT;
        WHEN 'user_followers' THEN
            DELETE FROM user_followers WHERE id IN (
                SELECT id FROM user_followers
                WHERE follower_id = subject OR following_id = subject LIMIT at_most
            );
            GET DIAGNOSTICS erased = ROW_COUNT;
        WHEN 'feed_items' THEN
            DELETE FROM feed_items WHERE id IN (
                SELECT id FROM feed_items WHERE user_id = subject
                UNION ALL
                SELECT id FROM feed_items
                WHERE post_id IN (SELECT posts.id FROM posts WHERE posts.user_id = subject)
                LIMIT at_most
            );
            GET DIAGNOSTICS erased = ROW_COUNT;
        WHEN 'user_engagement', 'user_engagement_archive' THEN
            erased := pipeline.erase_engagement(subject, target::REGCLASS, at_most);
        WHEN 'comments' THEN
            erased := pipeline.erase_comments(subject, at_most);
        WHEN 'user_engagement_keys' THEN
            -- What is left are keys of events that PostgreSQL no longer holds.
            DELETE FROM user_engagement_keys AS held
            USING (
                SELECT keys.user_id, keys.post_id, keys.engagement_type
                FROM user_engagement_keys AS keys
                WHERE keys.user_id = subject
                LIMIT at_most
            ) AS named
            WHERE
                held.user_id = named.user_id
                AND held.post_id = named.post_id
                AND held.engagement_type = named.engagement_type;
            GET DIAGNOSTICS erased = ROW_COUNT;
        WHEN 'media_files' THEN
            DELETE FROM media_files WHERE user_id = subject;
            GET DIAGNOSTICS erased = ROW_COUNT;
        WHEN 'user_analytics' THEN
            DELETE FROM user_analytics WHERE user_id = subject;
            GET DIAGNOSTICS erased = ROW_COUNT;
        WHEN 'posts' THEN
            DELETE FROM posts WHERE id IN (
                SELECT id FROM posts WHERE user_id = subject LIMIT at_most
            );
            GET DIAGNOSTICS erased = ROW_COUNT;
        WHEN 'users' THEN
            DELETE FROM users WHERE id = subject;
            GET DIAGNOSTICS erased = ROW_COUNT;
        ELSE
            RAISE EXCEPTION 'no rule says how to erase an account from %', target
                USING ERRCODE = 'invalid_parameter_value';
    END CASE;
    RETURN erased;
END;
$$;

-- Blocks that are to be read of a table. While no month was dropped, every key has its event, and goes
-- with it: there is nothing to look for.
CREATE FUNCTION pipeline.blocks_to_search(target TEXT) RETURNS BIGINT
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT CASE
        WHEN target = 'user_engagement_keys' AND NOT EXISTS (SELECT FROM pipeline.cold_months)
            THEN 0
        ELSE
            pg_relation_size(format('public.%I', target)::REGCLASS)
            / current_setting('block_size')::BIGINT
    END
$$;

-- One piece of the keys of events that others had with posts of the account: such an event lies in the
-- cold store only, or its post was deleted before.
CREATE FUNCTION pipeline.erase_keys_of_posts(
    post_ids UUID[], first_block BIGINT, next_block BIGINT
) RETURNS BIGINT
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    erased BIGINT;
BEGIN
    DELETE FROM user_engagement_keys AS held
    USING unnest(post_ids) AS named (post_id)
    WHERE
        held.ctid >= format('(%s,0)', first_block)::TID
        AND held.ctid < format('(%s,0)', next_block)::TID
        AND held.post_id = named.post_id;
    GET DIAGNOSTICS erased = ROW_COUNT;
    RETURN erased;
END;
$$;

DROP FUNCTION pipeline.erase_audit_rows(UUID, TEXT[]);

-- One piece of the audit trail, which has no foreign key: rows that name one of the ids or names go, and
-- where the account only did what a row tells of others, the row forgets who did it. A row of ours says
-- ids of accounts and nothing else, so that looking for one text is enough.
-- A plan of its own for each call: with the names as constants it looks them up in a hash table.
CREATE FUNCTION pipeline.erase_audit_rows(
    subject UUID, names TEXT[], first_block BIGINT, next_block BIGINT
) RETURNS BIGINT
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp SET plan_cache_mode = 'force_custom_plan' AS $$
DECLARE
    erased BIGINT;
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
                        AND told.value #>> '{}' = ANY(names)
                )
            )
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

-- Follows of the account that somebody ended while the audit trail was being read.
CREATE FUNCTION pipeline.erase_new_unfollows(subject UUID, since TIMESTAMP) RETURNS BIGINT
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    erased BIGINT;
BEGIN
    DELETE FROM audit_log AS audit
    WHERE
        audit.timestamp >= since
        AND audit.table_name = 'user_followers'
        AND audit.operation = 'DELETE'
        AND subject::TEXT IN (audit.old_values ->> 'follower_id', audit.old_values ->> 'following_id');
    GET DIAGNOSTICS erased = ROW_COUNT;
    RETURN erased;
END;
$$;

-- Cases of moderation about content that may be gone.
CREATE FUNCTION pipeline.cases_about_content(content_ids UUID[]) RETURNS SETOF UUID
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT cases.id
    FROM content_moderation AS cases
    WHERE
        cases.content_type = ANY(enum_range(NULL::CONTENT_TYPE_ENUM))
        AND cases.content_id = ANY(content_ids)
$$;

CREATE FUNCTION pipeline.erase_cases(content_ids UUID[]) RETURNS BIGINT
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    erased BIGINT;
BEGIN
    DELETE FROM content_moderation AS cases
    WHERE cases.id IN (SELECT about.id FROM pipeline.cases_about_content(content_ids) AS about (id));
    GET DIAGNOSTICS erased = ROW_COUNT;
    RETURN erased;
END;
$$;

-- Whether anything names an account that has no row of its own any more: what goes with an account
-- had foreign keys to it, so that little can be left.
CREATE FUNCTION pipeline.has_traces_of(subject UUID) RETURNS BOOLEAN
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT
        EXISTS (SELECT FROM user_engagement_keys AS held WHERE held.user_id = subject)
        OR EXISTS (SELECT FROM pipeline.cases_about_content(ARRAY[subject]))
        OR EXISTS (
            SELECT FROM audit_log AS audit
            WHERE
                audit.user_id = subject
                OR concat(audit.old_values, audit.new_values) LIKE '%' || subject || '%'
        )
$$;

-- The account may be in the platform's tables, for the first time or again. Amounts stay: an erasure
-- that goes on adds to them.
CREATE OR REPLACE FUNCTION pipeline.begin_erasure(token TEXT) RETURNS VOID
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    UPDATE pipeline.erasures AS erasure
    SET removed_xid = NULL, finished_at = NULL
    WHERE erasure.token = begin_erasure.token;
$$;

-- An account that was erased before is erased anew: its amounts begin at nothing.
CREATE FUNCTION pipeline.forget_amounts(token TEXT) RETURNS VOID
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    UPDATE pipeline.erasures AS erasure
    SET targets = '{}'
    WHERE erasure.token = forget_amounts.token AND erasure.finished_at IS NOT NULL;
$$;

REVOKE ALL ON FUNCTION
pipeline.blocks_to_search(TEXT),
pipeline.erase_keys_of_posts(UUID[], BIGINT, BIGINT),
pipeline.erase_audit_rows(UUID, TEXT[], BIGINT, BIGINT),
pipeline.erase_new_unfollows(UUID, TIMESTAMP),
pipeline.cases_about_content(UUID[]),
pipeline.erase_cases(UUID[]),
pipeline.has_traces_of(UUID),
pipeline.forget_amounts(TEXT)
FROM PUBLIC;

GRANT EXECUTE ON FUNCTION
pipeline.blocks_to_search(TEXT),
pipeline.erase_keys_of_posts(UUID[], BIGINT, BIGINT),
pipeline.erase_audit_rows(UUID, TEXT[], BIGINT, BIGINT),
pipeline.erase_new_unfollows(UUID, TIMESTAMP),
pipeline.cases_about_content(UUID[]),
pipeline.erase_cases(UUID[]),
pipeline.has_traces_of(UUID),
pipeline.forget_amounts(TEXT)
TO sociallive_operator;
