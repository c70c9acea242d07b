-- Engagement that grows old goes into its archive: whole months by a change of parent, rows of other
-- months one by one. assets/lifecycle/archive.py says what is called when.
-- Every function is one transaction that leaves nothing half done, and may be repeated. How long it
-- holds locks does not depend on the number of rows, except where it says so.
-- Locks of this migration: none that anyone waits for.

-- Where it has to end, so that rows before "until" have a place: not beyond what changed parent.
CREATE FUNCTION pipeline.archive_wanted_until(month_start DATE, until DATE) RETURNS DATE
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT
        least(
            until,
            (
                pipeline.partition_bounds(
                    pipeline.month_in('user_engagement_archive', month_start)
                )
            )[1]::DATE
        );
$$;

-- A live partition, older than the cut-off, that archiving would pass over: somebody else made it.
CREATE FUNCTION pipeline.find_odd_partition(cut_off DATE) RETURNS REGCLASS
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT live.inhrelid::REGCLASS
    FROM pg_inherits AS live
    CROSS JOIN LATERAL pipeline.partition_bounds(live.inhrelid) AS bounds
    WHERE
        live.inhparent = 'user_engagement'::REGCLASS
        AND bounds[1] < cut_off
        AND (
            live.inhrelid
            IS DISTINCT FROM pipeline.month_in('user_engagement', bounds[1]::DATE)::OID
            OR bounds[1] <> date_trunc('month', bounds[1])
            OR bounds[2] <> bounds[1] + INTERVAL '1 month'
        )
    LIMIT 1;
$$;

-- What an archiving run with this cut-off would do, oldest month first:
-- 'whole': the month's partition changes parent; 'rows': rows before "until" move one by one;
-- 'rest': rows before "until" move one by one, then the month's partition changes parent with the
-- rest. The rest is kept small, a day more than attachable_rows: it is scanned under a lock.
-- Locks: none beyond reading; it counts, so it takes as long as reading those rows.
CREATE FUNCTION pipeline.plan_engagement_archive(cut_off DATE, attachable_rows BIGINT)
RETURNS TABLE (
    month_start DATE,
    way TEXT,
    until DATE,
    moved_rows BIGINT,
    attached_rows BIGINT,
    byte_count BIGINT
)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    leaf REGCLASS;
    next_month DATE;
    part_until DATE;
BEGIN
    leaf := pipeline.find_odd_partition(cut_off);
    IF leaf IS NOT NULL THEN
        RAISE EXCEPTION 'the partition % of user_engagement is none of a calendar month, named after '
            'it as user_engagement_2024_01 is: rename it, or split it into months', leaf
            USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    FOR month_start IN
        SELECT (pipeline.partition_bounds(live.inhrelid))[1]::DATE AS first_day
        FROM pg_inherits AS live
        WHERE
            live.inhparent = 'user_engagement'::REGCLASS
            AND (pipeline.partition_bounds(live.inhrelid))[1] < cut_off
        UNION
        SELECT waiting.month_start FROM pipeline.engagement_without_month(cut_off) AS waiting
        ORDER BY 1
    LOOP
        next_month := month_start + INTERVAL '1 month';
        until := least(cut_off, next_month);
        leaf := pipeline.month_in('user_engagement', month_start);
        part_until := pipeline.archived_until(month_start);
        moved_rows := 0;
        attached_rows := 0;
        byte_count := 0;
        way := CASE
            WHEN leaf IS NULL OR cut_off < next_month OR part_until >= next_month THEN 'rows'
            WHEN part_until IS NULL THEN 'whole'
            ELSE 'rest'
        END;
        IF way = 'rest' THEN
            EXECUTE format(
                'SELECT created_at::DATE FROM %s ORDER BY created_at DESC OFFSET %s LIMIT 1',
                leaf, attachable_rows
            ) INTO until;
            until := greatest(part_until, until);
        END IF;
        IF way = 'whole' THEN
            EXECUTE format('SELECT count(*) FROM %s', leaf) INTO attached_rows;
        ELSE
            EXECUTE format(
                'SELECT count(*), coalesce(sum(pg_column_size(old.*)), 0) FROM ONLY %s AS old '
                'WHERE created_at >= %L AND created_at < %L',
                coalesce(leaf, 'user_engagement_default'::REGCLASS), month_start, until
            ) INTO moved_rows, byte_count;
        END IF;
        IF way = 'rest' THEN
            EXECUTE format('SELECT count(*) FROM %s WHERE created_at >= %L', leaf, until)
            INTO attached_rows;
        END IF;
        IF way <> 'rows' THEN
            byte_count := byte_count + pg_total_relation_size(leaf);
        END IF;
        IF way <> 'rows' OR moved_rows > 0 THEN
            RETURN NEXT;
        END IF;
    END LOOP;
END;
$$;

-- The partition that needs a CHECK of its new bounds before it changes its place: the archive's part
-- of the month if it has to be widened to "until", or else the whole live month. NULL: none does.
CREATE FUNCTION pipeline.partition_to_bound(month_start DATE, until DATE) RETURNS REGCLASS
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT
        CASE
            WHEN
                pipeline.archived_until(month_start)
                < pipeline.archive_wanted_until(month_start, until)
                THEN pipeline.archived_part(month_start)
            WHEN
                pipeline.archived_part(month_start) IS NULL
                AND until = month_start + INTERVAL '1 month'
                THEN pipeline.month_in('user_engagement', month_start)
        END;
$$;

-- Gives that partition the CHECK, without looking at its rows. Every row that can still come into the
-- partition passes it. Returns whether there is a partition to be validated now.
-- Locks: ACCESS EXCLUSIVE on the partition.
CREATE FUNCTION pipeline.add_archive_bound(month_start DATE, until DATE, patience_ms INTEGER)
RETURNS BOOLEAN
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    leaf CONSTANT REGCLASS := pipeline.partition_to_bound(month_start, until);
    last_day CONSTANT DATE := pipeline.archive_wanted_until(month_start, until);
    bound CONSTANT TEXT := 'archive_bound_' || to_char(last_day, 'YYYYMMDD');
BEGIN
    IF leaf IS NULL THEN
        RETURN FALSE;
    END IF;
    IF EXISTS (
        SELECT FROM pg_constraint AS held WHERE held.conrelid = leaf AND held.conname = bound
    ) THEN
        RETURN TRUE;
    END IF;
    PERFORM pipeline.keep_vacuum_away(leaf);
    PERFORM pipeline.lock_within(
        patience_ms, ARRAY[format('ONLY %s IN ACCESS EXCLUSIVE MODE', leaf)]
    );
    -- A run that was stopped has left one, with another cut-off.
    PERFORM pipeline.drop_archive_bounds(leaf);
    EXECUTE format(
        'ALTER TABLE %s ADD CONSTRAINT %I CHECK (created_at >= %L AND created_at < %L) NOT VALID',
        leaf, bound, month_start::TIMESTAMP, last_day::TIMESTAMP
    );
    RETURN TRUE;
END;
$$;

CREATE FUNCTION pipeline.drop_archive_bounds(leaf REGCLASS) RETURNS VOID
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    bound NAME;
BEGIN
    FOR bound IN
        SELECT held.conname FROM pg_constraint AS held
        WHERE held.conrelid = leaf AND held.contype = 'c' AND held.conname LIKE 'archive\_bound\_%'
    LOOP
        EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', leaf, bound);
    END LOOP;
END;
$$;

-- Proves the CHECK by reading the partition; nobody waits meanwhile but vacuum.
-- Locks: SHARE UPDATE EXCLUSIVE on the partition.
CREATE FUNCTION pipeline.validate_archive_bound(month_start DATE, until DATE) RETURNS VOID
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    leaf CONSTANT REGCLASS := pipeline.partition_to_bound(month_start, until);
    bound NAME;
BEGIN
    FOR bound IN
        SELECT held.conname FROM pg_constraint AS held
        WHERE
            held.conrelid = leaf AND NOT held.convalidated
            AND held.conname LIKE 'archive\_bound\_%'
    LOOP
        PERFORM pipeline.keep_vacuum_away(leaf);
        EXECUTE format('ALTER TABLE %s VALIDATE CONSTRAINT %I', leaf, bound);
    END LOOP;
END;
$$;

-- The month's partition changes parent, bounded by what went before it one by one, if anything did.
-- Returns the seconds that others may have waited; NULL when the month is not there to be moved.
-- Locks: ACCESS EXCLUSIVE on user_engagement, the partition and the default partition, SHARE ROW
-- EXCLUSIVE on users and posts, SHARE UPDATE EXCLUSIVE on the archive. A whole month with a proven
-- CHECK takes milliseconds; the rest of a divided month is read (0.1 s per million rows).
CREATE FUNCTION pipeline.archive_engagement_month(month_start DATE, patience_ms INTEGER)
RETURNS DOUBLE PRECISION
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    leaf CONSTANT REGCLASS := pipeline.month_in('user_engagement', month_start);
    next_month CONSTANT DATE := month_start + INTERVAL '1 month';
    first_day CONSTANT DATE := coalesce(pipeline.archived_until(month_start), month_start);
    began TIMESTAMPTZ;
BEGIN
    IF leaf IS NULL OR first_day >= next_month THEN
        RETURN NULL;
    END IF;
    PERFORM pipeline.keep_vacuum_away(leaf);
    PERFORM pipeline.keep_vacuum_away('user_engagement_default');
    PERFORM pipeline.keep_vacuum_away('user_engagement_archive');
    began := pipeline.lock_within(
        patience_ms,
        ARRAY[
            'ONLY user_engagement IN ACCESS EXCLUSIVE MODE',
            format('ONLY %s IN ACCESS EXCLUSIVE MODE', leaf),
            'ONLY user_engagement_default IN ACCESS EXCLUSIVE MODE',
            'users, posts IN SHARE ROW EXCLUSIVE MODE'
        ]
    );
    -- Backdated rows that came since their day was moved: few, and no more can come now.
    IF first_day > month_start THEN
        PERFORM pipeline.move_rows(leaf, month_start, first_day, NULL);
    END IF;
    EXECUTE format('ALTER TABLE user_engagement DETACH PARTITION %s', leaf);
    EXECUTE format(
        'ALTER TABLE user_engagement_archive ATTACH PARTITION %s FOR VALUES FROM (%L) TO (%L)',
        leaf, first_day, next_month
    );
    PERFORM pipeline.drop_archive_bounds(leaf);
    RETURN extract(EPOCH FROM clock_timestamp() - began);
END;
$$;

-- Gives rows of the month before "until" a place in the archive: makes its part of the month, or
-- widens it. Returns the seconds that others may have waited.
-- Locks: to make it, SHARE ROW EXCLUSIVE on users and posts; to widen it, ACCESS EXCLUSIVE on the
-- archive and that part (for milliseconds, given a proven CHECK).
CREATE FUNCTION pipeline.extend_engagement_archive(
    month_start DATE, until DATE, patience_ms INTEGER
) RETURNS DOUBLE PRECISION
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    part REGCLASS := pipeline.archived_part(month_start);
    part_name CONSTANT TEXT := 'user_engagement_archive_' || to_char(month_start, 'YYYY_MM');
    last_day CONSTANT DATE := pipeline.archive_wanted_until(month_start, until);
    began TIMESTAMPTZ;
BEGIN
    IF coalesce(pipeline.archived_until(month_start), month_start) >= last_day THEN
        RETURN 0;
    END IF;
    IF part IS NULL THEN
        PERFORM pipeline.keep_vacuum_away('user_engagement_archive');
        began := pipeline.lock_within(
            patience_ms, ARRAY['users, posts IN SHARE ROW EXCLUSIVE MODE']
        );
        part := pipeline.create_archive_part(part_name);
    ELSE
        PERFORM pipeline.keep_vacuum_away(part);
        began := pipeline.lock_within(
            patience_ms,
            ARRAY[
                'ONLY user_engagement_archive IN ACCESS EXCLUSIVE MODE',
                format('ONLY %s IN ACCESS EXCLUSIVE MODE', part)
            ]
        );
        EXECUTE format('ALTER TABLE user_engagement_archive DETACH PARTITION %s', part);
    END IF;
    EXECUTE format(
        'ALTER TABLE user_engagement_archive ATTACH PARTITION %s FOR VALUES FROM (%L) TO (%L)',
        part, month_start, last_day
    );
    PERFORM pipeline.drop_archive_bounds(part);
    RETURN extract(EPOCH FROM clock_timestamp() - began);
END;
$$;

-- An empty table like a month that changed parent: with its own foreign keys, so that a deleted
-- account or post takes its archived engagement along, and with what answers TRUNCATE.
CREATE FUNCTION pipeline.create_archive_part(part_name TEXT) RETURNS REGCLASS
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    EXECUTE format(
        'CREATE TABLE public.%I '
        '(LIKE public.user_engagement_archive INCLUDING DEFAULTS INCLUDING INDEXES, '
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

-- Moves rows of a partition into the archive in one statement: they are never in both or in neither,
-- their keys stay, and no day is noted as changed. From the oldest on, at most that many.
-- Several at once skip rows that somebody holds, or whose account or post somebody holds: it waits for
-- nobody while it holds many rows. One alone is waited for.
CREATE FUNCTION pipeline.move_rows(
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
        'RETURNING id, user_id, post_id, engagement_type, value, metadata, created_at), '
        'archived AS (INSERT INTO user_engagement_archive '
        '(id, user_id, post_id, engagement_type, value, metadata, created_at) '
        'SELECT id, user_id, post_id, engagement_type, value, metadata, created_at FROM moved '
        'RETURNING created_at) '
        'SELECT count(*), max(created_at) FROM archived',
        source, from_at, until, most, CASE WHEN most > 1 THEN 'SKIP LOCKED' ELSE '' END
    );
    PERFORM set_config('sociallive.moving_engagement', caller_moves, TRUE);
END;
$$;

-- The same for a month, wherever its live rows are: in its partition, or in the default partition.
-- Locks: those rows, until they are moved.
CREATE FUNCTION pipeline.move_engagement_rows(
    month_start DATE, from_at TIMESTAMP, until DATE, most INTEGER, patience_ms INTEGER
) RETURNS TABLE (moved BIGINT, newest TIMESTAMP)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM set_config('lock_timeout', patience_ms::TEXT, TRUE);
    RETURN QUERY SELECT * FROM pipeline.move_rows(
        coalesce(
            pipeline.month_in('user_engagement', month_start), 'user_engagement_default'::REGCLASS
        ),
        greatest(from_at, month_start::TIMESTAMP), until, most
    );
END;
$$;

REVOKE ALL ON FUNCTION
pipeline.archive_wanted_until(DATE, DATE),
pipeline.find_odd_partition(DATE),
pipeline.plan_engagement_archive(DATE, BIGINT),
pipeline.partition_to_bound(DATE, DATE),
pipeline.add_archive_bound(DATE, DATE, INTEGER),
pipeline.drop_archive_bounds(REGCLASS),
pipeline.validate_archive_bound(DATE, DATE),
pipeline.archive_engagement_month(DATE, INTEGER),
pipeline.extend_engagement_archive(DATE, DATE, INTEGER),
pipeline.create_archive_part(TEXT),
pipeline.move_rows(REGCLASS, TIMESTAMP, TIMESTAMP, INTEGER),
pipeline.move_engagement_rows(DATE, TIMESTAMP, DATE, INTEGER, INTEGER)
FROM PUBLIC;

GRANT EXECUTE ON FUNCTION
pipeline.plan_engagement_archive(DATE, BIGINT),
pipeline.add_archive_bound(DATE, DATE, INTEGER),
pipeline.validate_archive_bound(DATE, DATE),
pipeline.archive_engagement_month(DATE, INTEGER),
pipeline.extend_engagement_archive(DATE, DATE, INTEGER),
pipeline.move_engagement_rows(DATE, TIMESTAMP, DATE, INTEGER, INTEGER)
TO sociallive_operator;
