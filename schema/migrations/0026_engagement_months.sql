-- Months of engagement made ahead, and where its months are: live, archived, or not there.
-- Locks that anyone could wait for are taken by pipeline.lock_within(), which gives up with SQLSTATE
-- 55P03 when it has not got all of them in the given time. That time has to stay below
-- deadlock_timeout (1 s unless somebody changed it): then no writer is ever chosen to break a
-- deadlock with us.
-- Locks of this migration: none that anyone waits for.

-- Bounds of a partition of user_engagement or its archive; NULL for a table that is none, and for the
-- default partition.
CREATE FUNCTION pipeline.partition_bounds(leaf REGCLASS) RETURNS TIMESTAMP[]
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT
        regexp_match(
            pg_get_expr(tables.relpartbound, tables.oid), 'FROM \(''(.*)''\) TO \(''(.*)''\)'
        )::TIMESTAMP[]
    FROM pg_class AS tables
    WHERE tables.oid = leaf;
$$;

-- The partition that holds a month in the given parent, or NULL.
CREATE FUNCTION pipeline.month_in(parent REGCLASS, month_start DATE) RETURNS REGCLASS
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT inheriting.inhrelid::REGCLASS
    FROM pg_inherits AS inheriting
    WHERE
        inheriting.inhparent = parent
        AND inheriting.inhrelid
        = to_regclass('public.user_engagement_' || to_char(month_start, 'YYYY_MM'));
$$;

-- The archive's partition for the rows of a month that came one by one, or NULL.
CREATE FUNCTION pipeline.archived_part(month_start DATE) RETURNS REGCLASS
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT inheriting.inhrelid::REGCLASS
    FROM pg_inherits AS inheriting
    WHERE
        inheriting.inhparent = 'user_engagement_archive'::REGCLASS
        AND inheriting.inhrelid
        = to_regclass('public.user_engagement_archive_' || to_char(month_start, 'YYYY_MM'));
$$;

-- Where that partition ends, excluded; NULL when there is none.
CREATE FUNCTION pipeline.archived_until(month_start DATE) RETURNS DATE
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT (pipeline.partition_bounds(pipeline.archived_part(month_start)))[2]::DATE;
$$;

-- As in 0009; a month whose rows all went into the archive one by one is not missing either.
CREATE OR REPLACE FUNCTION missing_engagement_months(first DATE, last DATE) RETURNS SETOF DATE
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT months.month_start::DATE
    FROM generate_series(
        date_trunc('month', first::TIMESTAMP), last::TIMESTAMP, INTERVAL '1 month'
    ) AS months (month_start)
    WHERE
        to_regclass('public.user_engagement_' || to_char(months.month_start, 'YYYY_MM')) IS NULL
        AND coalesce(
            pipeline.archived_until(months.month_start::DATE)
            < months.month_start + INTERVAL '1 month',
            TRUE
        )
    ORDER BY months.month_start;
$$;

-- Takes locks one after the other, all of them within the patience or none; returns when it began.
CREATE FUNCTION pipeline.lock_within(patience_ms INTEGER, wanted TEXT[]) RETURNS TIMESTAMPTZ
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    began CONSTANT TIMESTAMPTZ := clock_timestamp();
    table_and_mode TEXT;
    patience_left INTEGER;
BEGIN
    FOREACH table_and_mode IN ARRAY wanted LOOP
        patience_left := patience_ms
            - (extract(EPOCH FROM clock_timestamp() - began) * 1000)::INTEGER;
        PERFORM set_config('lock_timeout', greatest(patience_left, 1)::TEXT, TRUE);
        EXECUTE 'LOCK TABLE ' || table_and_mode;
    END LOOP;
    RETURN began;
END;
$$;

-- Keeps vacuum and other changes of structure away from a partition. Nobody who reads or writes waits
-- for this lock; after one second an autovacuum makes room for it.
CREATE FUNCTION pipeline.keep_vacuum_away(leaf REGCLASS) RETURNS VOID
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM set_config('lock_timeout', '2000', TRUE);
    EXECUTE format('LOCK TABLE ONLY %s IN SHARE UPDATE EXCLUSIVE MODE', leaf);
END;
$$;

-- Makes the partition of one month, if it is missing; returns its name, or NULL.
-- Locks: as create_engagement_partition() in 0022, but all of them within the patience.
CREATE FUNCTION pipeline.make_engagement_month(month_start DATE, patience_ms INTEGER) RETURNS TEXT
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM missing_engagement_months(month_start, month_start)) THEN
        RETURN NULL;
    END IF;
    PERFORM pipeline.lock_within(
        patience_ms,
        ARRAY[
            'ONLY user_engagement IN SHARE UPDATE EXCLUSIVE MODE',
            'users, posts IN SHARE ROW EXCLUSIVE MODE',
            'user_engagement_default IN ACCESS EXCLUSIVE MODE'
        ]
    );
    RETURN (SELECT made.partition_name FROM ensure_engagement_partitions(month_start, month_start)
        AS made (partition_name));
END;
$$;

-- Months with rows in the default partition, and how many. What lies before 1970 or after "until" is
-- out of every range: a wrong clock's, not the platform's.
-- Locks: none beyond reading.
CREATE FUNCTION pipeline.engagement_without_month(until DATE)
RETURNS TABLE (month_start DATE, row_count BIGINT)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT
        date_trunc('month', waiting.created_at)::DATE,
        count(*)
    FROM ONLY user_engagement_default AS waiting
    WHERE waiting.created_at >= '1970-01-01' AND waiting.created_at < until
    GROUP BY 1
    ORDER BY 1;
$$;

-- Whole months after that of "today" that have partitions, without a gap; and rows in the default
-- partition that a month could take, and that none ever will.
-- Locks: none beyond reading.
CREATE FUNCTION pipeline.engagement_head_room(today DATE, most INTEGER)
RETURNS TABLE (months_ahead INTEGER, waiting_rows BIGINT, out_of_range_rows BIGINT)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    WITH ahead AS (
        SELECT
            places.place,
            pipeline.month_in(
                'user_engagement',
                (date_trunc('month', today::TIMESTAMP) + places.place * INTERVAL '1 month')::DATE
            ) IS NOT NULL AS is_there
        FROM generate_series(1, most) AS places (place)
    )

    SELECT
        coalesce(min(ahead.place) FILTER (WHERE NOT ahead.is_there) - 1, most)::INTEGER,
        (
            SELECT coalesce(sum(waiting.row_count), 0)::BIGINT
            FROM pipeline.engagement_without_month(
                (date_trunc('month', today::TIMESTAMP) + (most + 1) * INTERVAL '1 month')::DATE
            ) AS waiting
        ),
        (
            SELECT count(*)
            FROM ONLY user_engagement_default AS lost
            WHERE
                lost.created_at < '1970-01-01'
                OR lost.created_at
                >= date_trunc('month', today::TIMESTAMP) + (most + 1) * INTERVAL '1 month'
        )
    FROM ahead;
$$;

REVOKE ALL ON FUNCTION
pipeline.partition_bounds(REGCLASS),
pipeline.month_in(REGCLASS, DATE),
pipeline.archived_part(DATE),
pipeline.archived_until(DATE),
pipeline.lock_within(INTEGER, TEXT[]),
pipeline.keep_vacuum_away(REGCLASS),
pipeline.make_engagement_month(DATE, INTEGER),
pipeline.engagement_without_month(DATE),
pipeline.engagement_head_room(DATE, INTEGER)
FROM PUBLIC;

GRANT EXECUTE ON FUNCTION
pipeline.make_engagement_month(DATE, INTEGER),
pipeline.engagement_without_month(DATE),
pipeline.engagement_head_room(DATE, INTEGER)
TO sociallive_operator;
