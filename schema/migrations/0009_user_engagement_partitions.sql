-- Month partitions, made ahead of time, and what happens to rows that came before theirs was made.
-- Locks of ensure_engagement_partitions(), per missing month, held until the caller commits:
-- SHARE UPDATE EXCLUSIVE on user_engagement (inserts into existing months go on), SHARE ROW EXCLUSIVE
-- on users and posts (their writers wait), ACCESS EXCLUSIVE on the default partition. Call it in a
-- transaction of its own and with a short lock_timeout. When no month is missing it locks nothing.
-- Safe to repeat, and safe when two run at once: the second waits, then finds nothing to do.
-- An insert into that very month that waited for it fails with SQLSTATE 23514 (PostgreSQL has chosen
-- the default partition by then) and succeeds when repeated: one more reason to be months ahead.

-- SECURITY DEFINER: the partitions belong to the owner of user_engagement, whoever asks for them.
CREATE FUNCTION create_engagement_partition(month_start DATE) RETURNS TEXT
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    partition_name CONSTANT TEXT := 'user_engagement_' || to_char(month_start, 'YYYY_MM');
    first_day CONSTANT TEXT := to_char(month_start, 'YYYY-MM-DD');
    next_month CONSTANT TEXT := to_char(month_start + INTERVAL '1 month', 'YYYY-MM-DD');
    caller_moves CONSTANT TEXT := coalesce(current_setting('sociallive.moving_engagement', TRUE), '');
BEGIN
    EXECUTE format(
        'CREATE TABLE public.%I (LIKE public.user_engagement INCLUDING DEFAULTS INCLUDING INDEXES)',
        partition_name
    );
    EXECUTE format(
        'CREATE TRIGGER release_all_engagement_keys BEFORE TRUNCATE ON public.%I '
        'FOR EACH STATEMENT EXECUTE FUNCTION public.release_all_engagement_keys()',
        partition_name
    );
    -- No row of this month may slip into the default partition between the move and the attachment.
    LOCK TABLE user_engagement_default IN ACCESS EXCLUSIVE MODE;
    PERFORM set_config('sociallive.moving_engagement', 'on', TRUE);
    EXECUTE format(
        'WITH early AS ('
        'DELETE FROM public.user_engagement_default WHERE created_at >= %L AND created_at < %L '
        'RETURNING id, user_id, post_id, engagement_type, value, metadata, created_at) '
        'INSERT INTO public.%I '
        '(id, user_id, post_id, engagement_type, value, metadata, created_at) '
        'SELECT id, user_id, post_id, engagement_type, value, metadata, created_at FROM early',
        first_day, next_month, partition_name
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

-- Months from that of "first" to that of "last" whose partition is missing. A month that was archived
-- has its partition, only under another parent.
CREATE FUNCTION missing_engagement_months(first DATE, last DATE) RETURNS SETOF DATE
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT month_start::DATE
    FROM generate_series(
        date_trunc('month', first::TIMESTAMP), last::TIMESTAMP, INTERVAL '1 month'
    ) AS months (month_start)
    WHERE to_regclass('public.user_engagement_' || to_char(month_start, 'YYYY_MM')) IS NULL
    ORDER BY month_start;
$$;

CREATE FUNCTION ensure_engagement_partitions(first DATE, last DATE) RETURNS SETOF TEXT
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF (first >= '0001-01-01' AND first <= last AND last < '10000-01-01') IS NOT TRUE THEN
        RAISE EXCEPTION 'no months from % to %: give two days of the years 1 to 9999, oldest first',
            first, last
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF EXISTS (SELECT FROM missing_engagement_months(first, last)) THEN
        LOCK TABLE ONLY user_engagement IN SHARE UPDATE EXCLUSIVE MODE;
        RETURN QUERY
            SELECT create_engagement_partition(months.month_start)
            FROM missing_engagement_months(first, last) AS months (month_start);
    END IF;
END;
$$;

REVOKE ALL ON FUNCTION
create_engagement_partition(DATE),
missing_engagement_months(DATE, DATE),
ensure_engagement_partitions(DATE, DATE)
FROM PUBLIC;

-- The specification's months, and from last month to half a year ahead.
SELECT ensure_engagement_partitions('2024-01-01', '2024-02-01');

SELECT
    ensure_engagement_partitions(
        (CURRENT_DATE - INTERVAL '1 month')::DATE, (CURRENT_DATE + INTERVAL '6 months')::DATE
    );
