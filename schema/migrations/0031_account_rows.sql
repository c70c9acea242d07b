-- Finding, counting and deleting the rows of an account that is being erased.
-- Rows go in batches that the caller commits one by one: the account of a celebrity is on millions of
-- rows, and each of its follows holds the counters of somebody else until the commit.
-- Locks: SHARE on feed_items while its index is built: its writers wait, readers go on.

-- Not in the specification: a post that is deleted takes its feed items along, and would have to read
-- the whole table to find them.
CREATE INDEX idx_feed_post_id ON feed_items (post_id);

-- The account that a username or an id names; two, if one's username is the other's id.
CREATE FUNCTION pipeline.find_account(named TEXT)
RETURNS TABLE (id UUID, username TEXT, email TEXT)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT users.id, users.username, users.email
    FROM users
    WHERE
        users.username = named
        OR users.id = CASE
            WHEN named ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' THEN named::UUID
        END
$$;

-- Cases of moderation about the account, or about content that goes with it.
CREATE FUNCTION pipeline.cases_about_account(subject UUID) RETURNS SETOF UUID
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    WITH RECURSIVE replies AS (
        SELECT comments.id FROM comments WHERE comments.user_id = subject
        UNION
        SELECT comments.id
        FROM comments
        INNER JOIN replies ON comments.parent_id = replies.id
    ),

    content AS (
        SELECT 'USER_PROFILE'::CONTENT_TYPE_ENUM AS content_type, subject AS content_id
        UNION ALL
        SELECT 'POST', posts.id FROM posts WHERE posts.user_id = subject
        UNION ALL
        SELECT 'MEDIA', media_files.id FROM media_files WHERE media_files.user_id = subject
        UNION ALL
        SELECT 'COMMENT', replies.id FROM replies
        UNION ALL
        SELECT 'COMMENT', comments.id
        FROM comments
        INNER JOIN posts ON comments.post_id = posts.id
        WHERE posts.user_id = subject
    )

    SELECT DISTINCT cases.id
    FROM content_moderation AS cases
    INNER JOIN content
        ON cases.content_type = content.content_type AND cases.content_id = content.content_id
$$;

-- Ids of the account, of its content, and of what goes with that; is_own: they get tombstones.
-- Comments that others wrote under its posts are found by their post.
CREATE FUNCTION pipeline.ids_of_account(subject UUID) RETURNS TABLE (id UUID, is_own BOOLEAN)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    WITH RECURSIVE thread AS (
        SELECT comments.id, TRUE AS is_own FROM comments WHERE comments.user_id = subject
        UNION
        SELECT comments.id, comments.user_id = subject AS is_own
        FROM comments
        INNER JOIN thread ON comments.parent_id = thread.id
    )

    SELECT subject AS id, TRUE AS is_own
    UNION
    SELECT posts.id, TRUE FROM posts WHERE posts.user_id = subject
    UNION
    SELECT thread.id, thread.is_own FROM thread
    UNION
    SELECT media_files.id, TRUE FROM media_files WHERE media_files.user_id = subject
    UNION
    SELECT cases.id, FALSE FROM pipeline.cases_about_account(subject) AS cases (id)
$$;

-- Rows that go with the account, per table; what has no row is left out.
CREATE FUNCTION pipeline.count_account_rows(subject UUID)
RETURNS TABLE (table_name TEXT, row_count BIGINT)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    caller CONSTANT TEXT := coalesce(current_setting('app.current_user_id', TRUE), '');
BEGIN
    -- The owner of user_sessions is bound by its policy, too.
    PERFORM set_config('app.current_user_id', subject::TEXT, TRUE);
    RETURN QUERY
        WITH own_posts AS MATERIALIZED (
            SELECT posts.id FROM posts WHERE posts.user_id = subject
        ),

        counted (named, found) AS (
            SELECT 'users', count(*) FROM users WHERE users.id = subject
            UNION ALL
            SELECT 'posts', count(*) FROM own_posts
            UNION ALL
            SELECT 'comments', count(*)
            FROM comments
            WHERE comments.user_id = subject OR comments.post_id IN (SELECT o.id FROM own_posts AS o)
            UNION ALL
            SELECT 'user_followers', count(*)
            FROM user_followers
            WHERE user_followers.follower_id = subject OR user_followers.following_id = subject
            UNION ALL
            SELECT 'user_engagement', count(*)
            FROM user_engagement AS live
            WHERE live.user_id = subject OR live.post_id IN (SELECT o.id FROM own_posts AS o)
            UNION ALL
            SELECT 'user_engagement_archive', count(*)
            FROM user_engagement_archive AS old
            WHERE old.user_id = subject OR old.post_id IN (SELECT o.id FROM own_posts AS o)
            UNION ALL
            SELECT 'feed_items', count(*)
            FROM feed_items
            WHERE
                feed_items.user_id = subject
                OR feed_items.post_id IN (SELECT o.id FROM own_posts AS o)
            UNION ALL
            SELECT 'media_files', count(*) FROM media_files WHERE media_files.user_id = subject
            UNION ALL
            SELECT 'user_sessions', count(*)
            FROM user_sessions
            WHERE user_sessions.user_id = subject
            UNION ALL
            SELECT 'password_reset_tokens', count(*)
            FROM password_reset_tokens
            WHERE password_reset_tokens.user_id = subject
            UNION ALL
            SELECT 'content_moderation', count(*) FROM pipeline.cases_about_account(subject)
            UNION ALL
            SELECT 'user_analytics', count(*)
            FROM user_analytics
            WHERE user_analytics.user_id = subject
            UNION ALL
            SELECT 'pipeline.source_changes', count(*)
            FROM pipeline.source_changes
            WHERE source_changes.user_id = subject
            UNION ALL
            SELECT 'pipeline.restatements', count(*)
            FROM pipeline.restatements
            WHERE restatements.user_id = subject
        )

        SELECT counted.named::TEXT, counted.found FROM counted WHERE counted.found > 0;
    PERFORM set_config('app.current_user_id', caller, TRUE);
END;
$$;

-- Takes deleted events and comments off the counters of those posts and comments that stay. A counter
-- that the platform never kept stays at zero. Rows are locked in one order.
CREATE FUNCTION pipeline.lower_post_counters(
    post_ids UUID[], likes INTEGER[], shares INTEGER[], comment_rows INTEGER[]
) RETURNS VOID
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM posts.id FROM posts WHERE posts.id = ANY(post_ids) ORDER BY posts.id FOR NO KEY UPDATE;
    UPDATE posts
    SET
        likes_count = greatest(posts.likes_count - lost.likes, 0),
        shares_count = greatest(posts.shares_count - lost.shares, 0),
        comments_count = greatest(posts.comments_count - lost.comment_rows, 0)
    FROM unnest(post_ids, likes, shares, comment_rows)
        AS lost (post_id, likes, shares, comment_rows)
    WHERE
        posts.id = lost.post_id
        AND lost.likes + lost.shares + lost.comment_rows > 0;
END;
$$;

-- One batch of events by the account, or on its posts.
CREATE FUNCTION pipeline.erase_engagement(subject UUID, target REGCLASS, at_most INTEGER)
RETURNS BIGINT
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    erased BIGINT;
    post_ids UUID[];
    likes INTEGER[];
    shares INTEGER[];
BEGIN
    EXECUTE format(
        'WITH named AS ('
        'SELECT id, created_at FROM %1$s WHERE user_id = $1 '
        'UNION ALL SELECT id, created_at FROM %1$s '
        'WHERE post_id IN (SELECT posts.id FROM posts WHERE posts.user_id = $1) LIMIT $2), '
        'gone AS (DELETE FROM %1$s AS held USING named '
        'WHERE held.id = named.id AND held.created_at = named.created_at '
        'RETURNING held.post_id, held.engagement_type), '
        'lost AS (SELECT post_id, count(*) AS rows, '
        'count(*) FILTER (WHERE engagement_type = ''LIKE'')::INTEGER AS likes, '
        'count(*) FILTER (WHERE engagement_type = ''SHARE'')::INTEGER AS shares '
        'FROM gone GROUP BY post_id) '
        'SELECT coalesce(sum(rows), 0), array_agg(post_id), array_agg(likes), array_agg(shares) '
        'FROM lost',
        target
    ) INTO erased, post_ids, likes, shares USING subject, at_most;
    PERFORM pipeline.lower_post_counters(
        post_ids, likes, shares, array_fill(0, ARRAY[coalesce(cardinality(post_ids), 0)])
    );
    RETURN erased;
END;
$$;

-- One batch of comments by the account or under its posts, with all that answers them.
CREATE FUNCTION pipeline.erase_comments(subject UUID, at_most INTEGER) RETURNS BIGINT
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    erased BIGINT;
    post_ids UUID[];
    comment_rows INTEGER[];
    zeros INTEGER[];
    doomed UUID[];
BEGIN
    WITH RECURSIVE named AS (
        SELECT comments.id FROM comments WHERE comments.user_id = subject
        UNION ALL
        SELECT comments.id
        FROM comments
        INNER JOIN posts ON comments.post_id = posts.id
        WHERE posts.user_id = subject
        LIMIT at_most
    ),

    thread AS (
        SELECT named.id FROM named
        UNION
        SELECT comments.id FROM comments INNER JOIN thread ON comments.parent_id = thread.id
    )

    SELECT array_agg(thread.id) INTO doomed FROM thread;

    UPDATE comments
    SET replies_count = greatest(comments.replies_count - lost.replies, 0)
    FROM (
        SELECT answers.parent_id, count(*)::INTEGER AS replies
        FROM comments AS answers
        WHERE answers.id = ANY(doomed) AND answers.parent_id <> ALL(doomed)
        GROUP BY answers.parent_id
    ) AS lost
    WHERE comments.id = lost.parent_id;

    WITH gone AS (
        DELETE FROM comments WHERE comments.id = ANY(doomed)
        RETURNING comments.post_id, comments.deleted_at
    ),

    lost AS (
        SELECT
            gone.post_id,
            count(*) AS row_count,
            count(*) FILTER (WHERE gone.deleted_at IS NULL)::INTEGER AS living
        FROM gone
        GROUP BY gone.post_id
    )

    SELECT coalesce(sum(lost.row_count), 0), array_agg(lost.post_id), array_agg(lost.living)
    INTO erased, post_ids, comment_rows
    FROM lost;
    zeros := array_fill(0, ARRAY[coalesce(cardinality(post_ids), 0)]);
    PERFORM pipeline.lower_post_counters(post_ids, zeros, zeros, comment_rows);
    RETURN erased;
END;
$$;

-- One batch of the account's rows in a table; the number of rows, 0 when none is left.
CREATE FUNCTION pipeline.erase_account_rows(subject UUID, target TEXT, at_most INTEGER)
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
            DELETE FROM user_engagement_keys
            WHERE
                user_id = subject
                OR post_id IN (SELECT posts.id FROM posts WHERE posts.user_id = subject);
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

-- The audit trail has no foreign key: rows that name one of the ids or names go, and where the account
-- only did what a row tells of others, the row forgets who did it.
CREATE FUNCTION pipeline.erase_audit_rows(subject UUID, names TEXT[]) RETURNS BIGINT
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    erased BIGINT;
BEGIN
    DELETE FROM audit_log AS audit
    WHERE
        concat(audit.old_values, audit.new_values) LIKE '%' || subject || '%'
        OR EXISTS (
            SELECT
            FROM jsonb_path_query(
                jsonb_build_array(audit.old_values, audit.new_values), 'strict $.**'
            ) AS told (value)
            WHERE jsonb_typeof(told.value) = 'string' AND told.value #>> '{}' = ANY(names)
        );
    GET DIAGNOSTICS erased = ROW_COUNT;
    UPDATE audit_log SET user_id = NULL WHERE user_id = subject;
    RETURN erased;
END;
$$;

REVOKE ALL ON FUNCTION
pipeline.find_account(TEXT),
pipeline.cases_about_account(UUID),
pipeline.ids_of_account(UUID),
pipeline.count_account_rows(UUID),
pipeline.lower_post_counters(UUID[], INTEGER[], INTEGER[], INTEGER[]),
pipeline.erase_engagement(UUID, REGCLASS, INTEGER),
pipeline.erase_comments(UUID, INTEGER),
pipeline.erase_account_rows(UUID, TEXT, INTEGER),
pipeline.erase_audit_rows(UUID, TEXT[])
FROM PUBLIC;

GRANT EXECUTE ON FUNCTION
pipeline.find_account(TEXT),
pipeline.ids_of_account(UUID),
pipeline.count_account_rows(UUID),
pipeline.erase_account_rows(UUID, TEXT, INTEGER),
pipeline.erase_audit_rows(UUID, TEXT[]),
refresh_popular_posts()
TO sociallive_operator;
