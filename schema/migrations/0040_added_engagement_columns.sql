-- Columns that the platform adds to user_engagement go where their rows go: into a month that is made,
-- into the archive. Where they cannot, nothing is moved or dropped, and the column is named.
-- Locks: none that anyone waits for; functions only.

-- The columns to be written when rows change their table; generated ones make themselves.
CREATE FUNCTION pipeline.written_columns(source REGCLASS) RETURNS TEXT
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum)
    FROM pg_attribute
    WHERE attrelid = source AND attnum > 0 AND NOT attisdropped AND attgenerated = '';
$$;

-- As in 0022, with whatever columns, expressions and conditions user_engagement has.
CREATE OR REPLACE FUNCTION create_engagement_partition(month_start DATE) RETURNS TEXT
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    partition_name CONSTANT TEXT := 'user_engagement_' || to_char(month_start, 'YYYY_MM');
    first_day CONSTANT TEXT := to_char(month_start, 'YYYY-MM-DD');
    next_month CONSTANT TEXT := to_char(month_start + INTERVAL '1 month', 'YYYY-MM-DD');
    caller_moves CONSTANT TEXT := coalesce(current_setting('sociallive.moving_engagement', TRUE), '');
BEGIN
    EXECUTE format(
        'CREATE TABLE public.%I (LIKE public.user_engagement INCLUDING DEFAULTS INCLUDING INDEXES '
        'INCLUDING GENERATED INCLUDING CONSTRAINTS)',
        partition_name
    );
    EXECUTE format(
        'CREATE TRIGGER release_all_engagement_keys BEFORE TRUNCATE ON public.%I '
        'FOR EACH STATEMENT EXECUTE FUNCTION public.release_all_engagement_keys()',
        partition_name
    );
    EXECUTE format(
        'CREATE TRIGGER note_truncated_days BEFORE TRUNCATE ON public.%I '
        'FOR EACH STATEMENT EXECUTE FUNCTION pipeline.note_truncated_engagement()',
        partition_name
    );
    -- No row of this month may slip into the default partition between the move and the attachment.
    LOCK TABLE user_engagement_default IN ACCESS EXCLUSIVE MODE;
    PERFORM set_config('sociallive.moving_engagement', 'on', TRUE);
    EXECUTE format(
        'WITH early AS ('
        'DELETE FROM public.user_engagement_default WHERE created_at >= %1$L AND created_at < %2$L '
        'RETURNING %4$s) '
        'INSERT INTO public.%3$I (%4$s) SELECT %4$s FROM early',
        first_day, next_month, partition_name, pipeline.written_columns('user_engagement_default')
    );
    PERFORM set_config('sociallive.moving_engagement', caller_moves, TRUE);
    -- ATTACH, not CREATE … PARTITION OF: that one would lock user_engagement against every reader.
    EXECUTE format(
        'ALTER TABLE public.user_engagement ATTACH PARTITION public.%I FOR VALUES FROM (%L) TO (%L)',
        partition_name, first_day, next_month
    );
    RETURN partition_name;
END;
$$;

-- As in 0027, with whatever columns, expressions and conditions the archive has.
CREATE OR REPLACE FUNCTION pipeline.create_archive_part(part_name TEXT) RETURNS REGCLASS
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    EXECUTE format(
        'CREATE TABLE public.%I '
        '(LIKE public.user_engagement_archive INCLUDING DEFAULTS INCLUDING INDEXES '
        'INCLUDING GENERATED INCLUDING CONSTRAINTS, '
        'FOREIGN KEY (user_id) REFERENCES public.users (id) ON DELETE CASCADE, '
        'FOREIGN KEY (post_id) REFERENCES public.posts (id) ON DELETE CASCADE)',
        part_name
    );
    EXECUTE format(
        'CREATE TRIGGER release_all_engagement_keys BEFORE TRUNCATE ON public.%I '
        'FOR EACH STATEMENT EXECUTE FUNCTION public.release_all_engagement_keys()',
        part_name
    );
    EXECUTE format(
        'CREATE TRIGGER note_truncated_days BEFORE TRUNCATE ON public.%I '
        'FOR EACH STATEMENT EXECUTE FUNCTION pipeline.note_truncated_engagement()',
        part_name
    );
    RETURN format('public.%I', part_name)::REGCLASS;
END;
$$;

-- As in 0027, with whatever columns the rows have.
CREATE OR REPLACE FUNCTION pipeline.move_rows(
    source REGCLASS, from_at TIMESTAMP, until TIMESTAMP, most INTEGER
) RETURNS TABLE (moved BIGINT, newest TIMESTAMP)
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    caller_moves CONSTANT TEXT := coalesce(current_setting('sociallive.moving_engagement', TRUE), '');
BEGIN
    PERFORM set_config('sociallive.moving_engagement', 'on', TRUE);
    RETURN QUERY EXECUTE format(
        'WITH moved AS ('
        'DELETE FROM ONLY %1$s WHERE ctid = ANY (ARRAY('
        'SELECT old.ctid FROM ONLY %1$s AS old '
        'INNER JOIN users ON users.id = old.user_id INNER JOIN posts ON posts.id = old.post_id '
        'WHERE old.created_at >= %2$L AND old.created_at < %3$L '
        'ORDER BY old.created_at LIMIT %4$L '
        'FOR UPDATE OF old %5$s FOR KEY SHARE OF users, posts %5$s)) '
        'RETURNING %6$s), '
        'archived AS (INSERT INTO user_engagement_archive (%6$s) OVERRIDING SYSTEM VALUE '
        'SELECT %6$s FROM moved RETURNING created_at) '
        'SELECT count(*), max(created_at) FROM archived',
        source, from_at, until, most, CASE WHEN most > 1 THEN 'SKIP LOCKED' ELSE '' END,
        pipeline.written_columns(source)
    );
    PERFORM set_config('sociallive.moving_engagement', caller_moves, TRUE);
END;
$$;

-- A column's type, and what generates it, as it is written in a definition; whether NULL is refused.
CREATE FUNCTION pipeline.column_definitions(described REGCLASS)
RETURNS TABLE (column_name NAME, definition TEXT, is_required BOOLEAN)
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT
        columns.attname,
        format_type(columns.atttypid, columns.atttypmod) || CASE
            WHEN columns.attgenerated = '' THEN ''
            ELSE format(
                ' GENERATED ALWAYS AS (%s) %s',
                pg_get_expr(defaults.adbin, defaults.adrelid),
                CASE columns.attgenerated WHEN 's' THEN 'STORED' ELSE 'VIRTUAL' END
            )
        END,
        columns.attnotnull
    FROM pg_attribute AS columns
    LEFT JOIN pg_attrdef AS defaults
        ON columns.attrelid = defaults.adrelid AND columns.attnum = defaults.adnum
    WHERE columns.attrelid = described AND columns.attnum > 0 AND NOT columns.attisdropped;
$$;

-- Refuses an archive that cannot take the rows of user_engagement with all that they say.
CREATE FUNCTION pipeline.refuse_unlike_archive() RETURNS VOID
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    odd RECORD;
BEGIN
    SELECT
        column_name,
        live.definition AS live,
        archived.definition AS archived,
        live.definition = archived.definition AS differs_in_null_only
    INTO odd
    FROM pipeline.column_definitions('user_engagement') AS live
    FULL JOIN pipeline.column_definitions('user_engagement_archive') AS archived USING (column_name)
    WHERE
        live.definition IS DISTINCT FROM archived.definition
        OR archived.is_required AND NOT live.is_required
    ORDER BY column_name
    LIMIT 1;
    IF odd.archived IS NULL AND odd.live IS NOT NULL THEN
        RAISE EXCEPTION 'user_engagement_archive lacks the column % of user_engagement, and nothing '
            'was moved: ALTER TABLE user_engagement_archive ADD COLUMN % %',
            odd.column_name, quote_ident(odd.column_name), odd.live
            USING ERRCODE = 'object_not_in_prerequisite_state';
    ELSIF odd.differs_in_null_only THEN
        RAISE EXCEPTION 'the column % may be NULL in user_engagement, but not in '
            'user_engagement_archive, and nothing was moved: make it the same in both',
            odd.column_name
            USING ERRCODE = 'object_not_in_prerequisite_state';
    ELSIF FOUND THEN
        RAISE EXCEPTION 'the column % is % in user_engagement and % in user_engagement_archive, and '
            'nothing was moved: make it the same in both',
            odd.column_name, coalesce(odd.live, 'missing'), odd.archived
            USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
END;
$$;

-- Columns beside ours that the archive has values of in a window of time: copies in the cold store lack
-- them. What is generated can be made again.
CREATE FUNCTION pipeline.columns_without_copy(window_start TIMESTAMP, window_end TIMESTAMP)
RETURNS SETOF TEXT
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    added NAME;
    has_values BOOLEAN;
BEGIN
    FOR added IN
        SELECT columns.attname
        FROM pg_attribute AS columns
        WHERE
            columns.attrelid = 'user_engagement_archive'::REGCLASS
            AND columns.attnum > 0
            AND NOT columns.attisdropped
            AND columns.attgenerated = ''
            AND columns.attname NOT IN (
                'id', 'user_id', 'post_id', 'engagement_type', 'value', 'metadata', 'created_at'
            )
        ORDER BY columns.attnum
    LOOP
        EXECUTE format(
            'SELECT EXISTS (SELECT FROM user_engagement_archive '
            'WHERE created_at >= %L AND created_at < %L AND %I IS NOT NULL)',
            window_start, window_end, added
        ) INTO has_values;
        IF has_values THEN
            RETURN NEXT added;
        END IF;
    END LOOP;
END;
$$;

-- Removes a month of the archive of which the cold store has every value; as drop_archived_month() in
-- 0036, with its locks. Values of other columns are looked for under the lock, where there are any.
CREATE FUNCTION pipeline.drop_copied_month(
    month_start DATE,
    expected_rows BIGINT,
    expected_fingerprint NUMERIC,
    manifest_sha256 TEXT,
    counted_xmin XID8,
    counted_leaves OID[]
) RETURNS VOID
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    window_start CONSTANT TIMESTAMP := date_trunc('month', month_start::TIMESTAMP);
    window_end CONSTANT TIMESTAMP := window_start + INTERVAL '1 month';
    leaf REGCLASS;
    lost TEXT;
BEGIN
    FOR leaf IN SELECT pipeline.archived_partitions(window_start, window_end) LOOP
        EXECUTE format('LOCK TABLE %s IN SHARE MODE', leaf);
    END LOOP;
    SELECT string_agg(added, ', ') INTO lost
    FROM pipeline.columns_without_copy(window_start, window_end) AS added;
    IF lost IS NOT NULL THEN
        RAISE EXCEPTION 'the archive has values of % that the cold store does not have (%)',
            to_char(window_start, 'YYYY-MM'), lost
            USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    PERFORM pipeline.drop_archived_month(
        month_start, expected_rows, expected_fingerprint, manifest_sha256, counted_xmin,
        counted_leaves
    );
END;
$$;

REVOKE ALL ON FUNCTION
pipeline.written_columns(REGCLASS),
pipeline.column_definitions(REGCLASS),
pipeline.refuse_unlike_archive(),
pipeline.columns_without_copy(TIMESTAMP, TIMESTAMP),
pipeline.drop_copied_month(DATE, BIGINT, NUMERIC, TEXT, XID8, OID[])
FROM PUBLIC;

REVOKE ALL ON FUNCTION
pipeline.drop_archived_month(DATE, BIGINT, NUMERIC, TEXT, XID8, OID[])
FROM sociallive_operator;

GRANT EXECUTE ON FUNCTION
pipeline.refuse_unlike_archive(),
pipeline.drop_copied_month(DATE, BIGINT, NUMERIC, TEXT, XID8, OID[])
TO sociallive_operator;

GRANT EXECUTE ON FUNCTION
pipeline.columns_without_copy(TIMESTAMP, TIMESTAMP)
TO sociallive_reader;
