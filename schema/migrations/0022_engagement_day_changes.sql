-- Notes of changed days for user_engagement and its archive: exact, because their days are large.
-- An archived row that moves by INSERT and DELETE leaves one note on each side, which add up to none;
-- a month that changes parent, and rows that move under sociallive.moving_engagement, leave no note.
-- No SET search_path on the function that runs per row; every name in it is qualified instead.
-- Locks: SHARE ROW EXCLUSIVE on user_engagement, its archive and their partitions for the triggers.

-- What numbers depend on, of one row; the ingestion adds up the same for a day.
-- The type goes in as a number of our own: hashing an enum hashes its OID, which a restored dump
-- gives anew, and every day would look changed. A new label needs a number here.
CREATE FUNCTION pipeline.hash_engagement(
    id UUID,
    user_id UUID,
    post_id UUID,
    engagement_type ENGAGEMENT_TYPE_ENUM,
    value NUMERIC,
    metadata JSONB,
    created_at TIMESTAMP
) RETURNS BIGINT
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN
uuid_hash_extended(
    id,
    uuid_hash_extended(
        user_id,
        uuid_hash_extended(
            post_id,
            hash_numeric_extended(
                coalesce(value, 1),
                timestamp_hash_extended(
                    created_at,
                    hashint4extended(
                        CASE engagement_type
                            WHEN 'LIKE' THEN 1
                            WHEN 'SHARE' THEN 2
                            WHEN 'COMMENT' THEN 3
                            WHEN 'VIEW' THEN 4
                            WHEN 'CLICK' THEN 5
                            WHEN 'SAVE' THEN 6
                            ELSE 0
                        END,
                        hashtextextended(coalesce(metadata ->> 'source', ''), 0)
                    )
                )
            )
        )
    )
);

-- An update may take a row into a day that has ended, or out of one: today gets no note.
CREATE FUNCTION pipeline.note_engagement_day() RETURNS TRIGGER
LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    IF OLD.created_at OPERATOR(pg_catalog.<) pipeline.today_starts_at() THEN
        INSERT INTO pipeline.day_changes (table_name, days, row_delta, fingerprint_delta)
        VALUES (
            'user_engagement',
            pg_catalog.datemultirange(
                pg_catalog.daterange(
                    pg_catalog.date(OLD.created_at), pg_catalog.date(OLD.created_at), '[]'
                )
            ),
            -1,
            pg_catalog.numeric_uminus(
                pg_catalog.numeric(
                    pipeline.hash_engagement(
                        OLD.id, OLD.user_id, OLD.post_id, OLD.engagement_type, OLD.value,
                        OLD.metadata, OLD.created_at
                    )
                )
            )
        );
    END IF;
    IF NEW.created_at OPERATOR(pg_catalog.<) pipeline.today_starts_at() THEN
        INSERT INTO pipeline.day_changes (table_name, days, row_delta, fingerprint_delta)
        VALUES (
            'user_engagement',
            pg_catalog.datemultirange(
                pg_catalog.daterange(
                    pg_catalog.date(NEW.created_at), pg_catalog.date(NEW.created_at), '[]'
                )
            ),
            1,
            pipeline.hash_engagement(
                NEW.id, NEW.user_id, NEW.post_id, NEW.engagement_type, NEW.value, NEW.metadata,
                NEW.created_at
            )
        );
    END IF;
    RETURN NULL;
END;
$$;

CREATE FUNCTION pipeline.note_truncated_engagement() RETURNS TRIGGER
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    EXECUTE format(
        'INSERT INTO pipeline.day_changes (table_name, days, row_delta, fingerprint_delta) '
        'SELECT ''user_engagement'', '
        'datemultirange(daterange(gone.created_at::DATE, gone.created_at::DATE, ''[]'')), '
        '-count(*), -sum(pipeline.hash_engagement(gone.id, gone.user_id, gone.post_id, '
        'gone.engagement_type, gone.value, gone.metadata, gone.created_at)) '
        'FROM ONLY %s AS gone WHERE gone.created_at < pipeline.today_starts_at() '
        'GROUP BY gone.created_at::DATE',
        TG_RELID::regclass
    );
    RETURN NULL;
END;
$$;

REVOKE ALL ON FUNCTION
pipeline.hash_engagement(UUID, UUID, UUID, ENGAGEMENT_TYPE_ENUM, NUMERIC, JSONB, TIMESTAMP),
pipeline.note_engagement_day(),
pipeline.note_truncated_engagement()
FROM PUBLIC;

GRANT EXECUTE ON FUNCTION
pipeline.hash_engagement(UUID, UUID, UUID, ENGAGEMENT_TYPE_ENUM, NUMERIC, JSONB, TIMESTAMP)
TO sociallive_reader;

CREATE TRIGGER note_late_insert
AFTER INSERT ON user_engagement
FOR EACH ROW
WHEN (
    NEW.created_at < date_trunc('day', clock_timestamp() AT TIME ZONE 'UTC')
    AND current_setting('sociallive.moving_engagement', TRUE) IS DISTINCT FROM 'on'
    AND current_setting('sociallive.noted_in_bulk', TRUE) IS DISTINCT FROM 'on'
)
EXECUTE FUNCTION pipeline.note_engagement_day();

CREATE TRIGGER note_late_update
AFTER UPDATE OF
id, user_id, post_id, engagement_type, value, metadata, created_at
ON user_engagement
FOR EACH ROW
WHEN (
    least(OLD.created_at, NEW.created_at)
    < date_trunc('day', clock_timestamp() AT TIME ZONE 'UTC')
)
EXECUTE FUNCTION pipeline.note_engagement_day();

CREATE TRIGGER note_late_delete
AFTER DELETE ON user_engagement
FOR EACH ROW
WHEN (
    OLD.created_at < date_trunc('day', clock_timestamp() AT TIME ZONE 'UTC')
    AND current_setting('sociallive.moving_engagement', TRUE) IS DISTINCT FROM 'on'
)
EXECUTE FUNCTION pipeline.note_engagement_day();

CREATE TRIGGER note_late_insert
AFTER INSERT ON user_engagement_archive
FOR EACH ROW
WHEN (
    NEW.created_at < date_trunc('day', clock_timestamp() AT TIME ZONE 'UTC')
    AND current_setting('sociallive.moving_engagement', TRUE) IS DISTINCT FROM 'on'
    AND current_setting('sociallive.noted_in_bulk', TRUE) IS DISTINCT FROM 'on'
)
EXECUTE FUNCTION pipeline.note_engagement_day();

CREATE TRIGGER note_late_update
AFTER UPDATE OF
id, user_id, post_id, engagement_type, value, metadata, created_at
ON user_engagement_archive
FOR EACH ROW
WHEN (
    least(OLD.created_at, NEW.created_at)
    < date_trunc('day', clock_timestamp() AT TIME ZONE 'UTC')
)
EXECUTE FUNCTION pipeline.note_engagement_day();

CREATE TRIGGER note_late_delete
AFTER DELETE ON user_engagement_archive
FOR EACH ROW
WHEN (
    OLD.created_at < date_trunc('day', clock_timestamp() AT TIME ZONE 'UTC')
    AND current_setting('sociallive.moving_engagement', TRUE) IS DISTINCT FROM 'on'
)
EXECUTE FUNCTION pipeline.note_engagement_day();

-- Statement triggers are not cloned: each partition carries this one itself, and new months get it.
DO $$
DECLARE
    leaf REGCLASS;
BEGIN
    FOR leaf IN
        SELECT inheriting.inhrelid
        FROM pg_inherits AS inheriting
        WHERE inheriting.inhparent IN (
            'user_engagement'::REGCLASS, 'user_engagement_archive'::REGCLASS
        )
    LOOP
        EXECUTE format(
            'CREATE TRIGGER note_truncated_days BEFORE TRUNCATE ON %s '
            'FOR EACH STATEMENT EXECUTE FUNCTION pipeline.note_truncated_engagement()',
            leaf
        );
    END LOOP;
END;
$$;

-- As in 0009, with the trigger that notes a truncated month.
CREATE OR REPLACE FUNCTION create_engagement_partition(month_start DATE) RETURNS TEXT
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
