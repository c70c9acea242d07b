-- What archiving takes along that somebody had copied into the archive's default partition is told, so that
-- a run which moved nothing else does not say that nothing was left.
-- Locks of this migration: none that anyone waits for; functions only.

DROP FUNCTION pipeline.take_copied_rows(REGCLASS, DATE, DATE);
DROP FUNCTION pipeline.archive_engagement_month(DATE, INTEGER);
DROP FUNCTION pipeline.extend_engagement_archive(DATE, DATE, INTEGER);

-- As in 0045; returns how many rows lay there.
CREATE FUNCTION pipeline.take_copied_rows(into_leaf REGCLASS, first_day DATE, until DATE)
RETURNS BIGINT
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    caller_moves CONSTANT TEXT := coalesce(current_setting('sociallive.moving_engagement', TRUE), '');
    copied_rows BIGINT;
BEGIN
    PERFORM set_config('sociallive.moving_engagement', 'on', TRUE);
    EXECUTE format(
        'WITH copied AS ('
        'DELETE FROM ONLY user_engagement_archive_default '
        'WHERE created_at >= %1$L AND created_at < %2$L RETURNING *), '
        'taken AS (INSERT INTO %3$s (%4$s) OVERRIDING SYSTEM VALUE SELECT %4$s FROM copied '
        'ON CONFLICT (id, created_at) DO NOTHING RETURNING id, created_at), '
        'noted AS (INSERT INTO pipeline.day_changes '
        '(table_name, days, row_delta, fingerprint_delta) '
        'SELECT ''user_engagement'', '
        'datemultirange(daterange(created_at::DATE, created_at::DATE, ''[]'')), -1, '
        '-pipeline.hash_engagement('
        'id, user_id, post_id, engagement_type, value, metadata, created_at)::NUMERIC '
        'FROM copied '
        'WHERE (id, created_at) NOT IN (SELECT id, created_at FROM taken) '
        'AND created_at < pipeline.today_starts_at()) '
        'SELECT count(*) FROM copied',
        first_day, until, into_leaf, pipeline.written_columns('user_engagement_archive_default')
    ) INTO copied_rows;
    PERFORM set_config('sociallive.moving_engagement', caller_moves, TRUE);
    RETURN copied_rows;
END;
$$;

-- As in 0045; also returns how many rows had been copied before. No row: the month is not there to be moved.
CREATE FUNCTION pipeline.archive_engagement_month(month_start DATE, patience_ms INTEGER)
RETURNS TABLE (seconds DOUBLE PRECISION, copied_rows BIGINT)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    leaf CONSTANT REGCLASS := pipeline.month_in('user_engagement', month_start);
    next_month CONSTANT DATE := month_start + INTERVAL '1 month';
    first_day CONSTANT DATE := coalesce(pipeline.archived_until(month_start), month_start);
    began TIMESTAMPTZ;
BEGIN
    IF leaf IS NULL OR first_day >= next_month THEN
        RETURN;
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
    copied_rows := pipeline.take_copied_rows(leaf, first_day, next_month);
    EXECUTE format(
        'ALTER TABLE user_engagement_archive ATTACH PARTITION %s FOR VALUES FROM (%L) TO (%L)',
        leaf, first_day, next_month
    );
    PERFORM pipeline.drop_archive_bounds(leaf);
    seconds := extract(EPOCH FROM clock_timestamp() - began);
    RETURN NEXT;
END;
$$;

-- As in 0045; also returns how many rows had been copied before. No row: there is room already.
CREATE FUNCTION pipeline.extend_engagement_archive(
    month_start DATE, until DATE, patience_ms INTEGER
) RETURNS TABLE (seconds DOUBLE PRECISION, copied_rows BIGINT)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    part REGCLASS := pipeline.archived_part(month_start);
    part_name CONSTANT TEXT := 'user_engagement_archive_' || to_char(month_start, 'YYYY_MM');
    last_day CONSTANT DATE := pipeline.archive_wanted_until(month_start, until);
    archived_before CONSTANT DATE := pipeline.archived_until(month_start);
    began TIMESTAMPTZ;
BEGIN
    IF coalesce(archived_before, month_start) >= last_day THEN
        RETURN;
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
    copied_rows := pipeline.take_copied_rows(
        part, coalesce(archived_before, month_start), last_day
    );
    EXECUTE format(
        'ALTER TABLE user_engagement_archive ATTACH PARTITION %s FOR VALUES FROM (%L) TO (%L)',
        part, month_start, last_day
    );
    PERFORM pipeline.drop_archive_bounds(part);
    seconds := extract(EPOCH FROM clock_timestamp() - began);
    RETURN NEXT;
END;
$$;

REVOKE ALL ON FUNCTION
pipeline.take_copied_rows(REGCLASS, DATE, DATE),
pipeline.archive_engagement_month(DATE, INTEGER),
pipeline.extend_engagement_archive(DATE, DATE, INTEGER)
FROM PUBLIC;

GRANT EXECUTE ON FUNCTION
pipeline.archive_engagement_month(DATE, INTEGER),
pipeline.extend_engagement_archive(DATE, DATE, INTEGER)
TO sociallive_operator;
