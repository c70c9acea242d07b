-- The archive takes every row, as the specification's INSERT … SELECT wants it. Without a default partition
-- that statement failed on every month that was not archived yet, and the DELETE after it, which `psql`
-- runs all the same, removed rows that were nowhere else.
-- What lies in the default partition goes into its month when the month comes into the archive. Rows dated
-- before 1970 stay there: they have no month.
-- Locks: SHARE ROW EXCLUSIVE on users and posts for the default partition's foreign keys, SHARE UPDATE
-- EXCLUSIVE on user_engagement_archive: writers wait for milliseconds. Months that come into the archive
-- also lock its default partition from here on, ACCESS EXCLUSIVE, and read it: it is empty unless somebody
-- has archived by copying. Then those who read the archive wait as long as the month's copies take to move.

SELECT pipeline.create_archive_part('user_engagement_archive_default');

ALTER TABLE user_engagement_archive
ATTACH PARTITION user_engagement_archive_default DEFAULT;

-- Takes the rows of some days out of the archive's default partition into a table that is about to be
-- attached. A row that is there already was copied and never deleted: it stays once, and its day loses one.
-- Locks: ROW EXCLUSIVE on both; the caller holds ACCESS EXCLUSIVE.
CREATE FUNCTION pipeline.take_copied_rows(into_leaf REGCLASS, first_day DATE, until DATE)
RETURNS VOID
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    caller_moves CONSTANT TEXT := coalesce(current_setting('sociallive.moving_engagement', TRUE), '');
BEGIN
    PERFORM set_config('sociallive.moving_engagement', 'on', TRUE);
    EXECUTE format(
        'WITH copied AS ('
        'DELETE FROM ONLY user_engagement_archive_default '
        'WHERE created_at >= %1$L AND created_at < %2$L RETURNING *), '
        'taken AS (INSERT INTO %3$s (%4$s) OVERRIDING SYSTEM VALUE SELECT %4$s FROM copied '
        'ON CONFLICT (id, created_at) DO NOTHING RETURNING id, created_at) '
        'INSERT INTO pipeline.day_changes (table_name, days, row_delta, fingerprint_delta) '
        'SELECT ''user_engagement'', '
        'datemultirange(daterange(created_at::DATE, created_at::DATE, ''[]'')), -1, '
        '-pipeline.hash_engagement('
        'id, user_id, post_id, engagement_type, value, metadata, created_at)::NUMERIC '
        'FROM copied '
        'WHERE (id, created_at) NOT IN (SELECT id, created_at FROM taken) '
        'AND created_at < pipeline.today_starts_at()',
        first_day, until, into_leaf, pipeline.written_columns('user_engagement_archive_default')
    );
    PERFORM set_config('sociallive.moving_engagement', caller_moves, TRUE);
END;
$$;

-- As in 0027, also for months that lie in the archive's default partition: their rows count as moved.
CREATE OR REPLACE FUNCTION pipeline.plan_engagement_archive(cut_off DATE, attachable_rows BIGINT)
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
    copied_rows BIGINT;
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
        UNION
        SELECT date_trunc('month', copied.created_at)::DATE
        FROM ONLY user_engagement_archive_default AS copied
        WHERE copied.created_at >= '1970-01-01' AND copied.created_at < cut_off
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
        SELECT count(*) INTO copied_rows
        FROM ONLY user_engagement_archive_default AS copied
        WHERE
            copied.created_at >= month_start
            AND copied.created_at < CASE way WHEN 'rows' THEN until ELSE next_month END;
        moved_rows := moved_rows + copied_rows;
        IF way <> 'rows' OR moved_rows > 0 THEN
            RETURN NEXT;
        END IF;
    END LOOP;
END;
$$;

-- As in 0027; takes along what was copied into the archive before.
CREATE OR REPLACE FUNCTION pipeline.archive_engagement_month(month_start DATE, patience_ms INTEGER)
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
    PERFORM pipeline.keep_vacuum_away('user_engagement_archive_default');
    began := pipeline.lock_within(
        patience_ms,
        ARRAY[
            'ONLY user_engagement IN ACCESS EXCLUSIVE MODE',
            format('ONLY %s IN ACCESS EXCLUSIVE MODE', leaf),
            'ONLY user_engagement_default IN ACCESS EXCLUSIVE MODE',
            'ONLY user_engagement_archive_default IN ACCESS EXCLUSIVE MODE',
            'users, posts IN SHARE ROW EXCLUSIVE MODE'
        ]
    );
    -- Backdated rows that came since their day was moved: few, and no more can come now.
    IF first_day > month_start THEN
        PERFORM pipeline.move_rows(leaf, month_start, first_day, NULL);
    END IF;
    EXECUTE format('ALTER TABLE user_engagement DETACH PARTITION %s', leaf);
    PERFORM pipeline.take_copied_rows(leaf, first_day, next_month);
    EXECUTE format(
        'ALTER TABLE user_engagement_archive ATTACH PARTITION %s FOR VALUES FROM (%L) TO (%L)',
        leaf, first_day, next_month
    );
    PERFORM pipeline.drop_archive_bounds(leaf);
    RETURN extract(EPOCH FROM clock_timestamp() - began);
END;
$$;

-- As in 0027; takes along what was copied into the archive before.
CREATE OR REPLACE FUNCTION pipeline.extend_engagement_archive(
    month_start DATE, until DATE, patience_ms INTEGER
) RETURNS DOUBLE PRECISION
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    part REGCLASS := pipeline.archived_part(month_start);
    part_name CONSTANT TEXT := 'user_engagement_archive_' || to_char(month_start, 'YYYY_MM');
    last_day CONSTANT DATE := pipeline.archive_wanted_until(month_start, until);
    archived_before CONSTANT DATE := pipeline.archived_until(month_start);
    began TIMESTAMPTZ;
BEGIN
    IF coalesce(archived_before, month_start) >= last_day THEN
        RETURN 0;
    END IF;
    IF part IS NULL THEN
        PERFORM pipeline.keep_vacuum_away('user_engagement_archive');
        PERFORM pipeline.keep_vacuum_away('user_engagement_archive_default');
        began := pipeline.lock_within(
            patience_ms,
            ARRAY[
                'ONLY user_engagement_archive_default IN ACCESS EXCLUSIVE MODE',
                'users, posts IN SHARE ROW EXCLUSIVE MODE'
            ]
        );
        part := pipeline.create_archive_part(part_name);
    ELSE
        PERFORM pipeline.keep_vacuum_away(part);
        PERFORM pipeline.keep_vacuum_away('user_engagement_archive_default');
        began := pipeline.lock_within(
            patience_ms,
            ARRAY[
                'ONLY user_engagement_archive IN ACCESS EXCLUSIVE MODE',
                format('ONLY %s IN ACCESS EXCLUSIVE MODE', part),
                'ONLY user_engagement_archive_default IN ACCESS EXCLUSIVE MODE'
            ]
        );
        EXECUTE format('ALTER TABLE user_engagement_archive DETACH PARTITION %s', part);
    END IF;
    PERFORM pipeline.take_copied_rows(
        part, coalesce(archived_before, month_start), last_day
    );
    EXECUTE format(
        'ALTER TABLE user_engagement_archive ATTACH PARTITION %s FOR VALUES FROM (%L) TO (%L)',
        part, month_start, last_day
    );
    PERFORM pipeline.drop_archive_bounds(part);
    RETURN extract(EPOCH FROM clock_timestamp() - began);
END;
$$;

REVOKE ALL ON FUNCTION pipeline.take_copied_rows(REGCLASS, DATE, DATE) FROM PUBLIC;
