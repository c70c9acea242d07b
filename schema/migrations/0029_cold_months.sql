-- Months of the archive that live in the cold store only: what PostgreSQL remembers of them, and the
-- one way in which they leave it.
-- Locks: none that anyone waits for; table and functions are new.
-- Locks of drop_archived_month(), until the caller commits: SHARE on the month's partitions while
-- their rows are counted (readers go on); then ACCESS EXCLUSIVE on user_engagement_archive and, for
-- the foreign keys that go with the partitions, on users and posts, for milliseconds. Call it in a
-- READ COMMITTED transaction of its own with a short lock_timeout, and again when it gave up.
-- Rows of user_engagement_keys stay, and no day is noted as changed: DROP TABLE fires no triggers.

CREATE TABLE pipeline.cold_months (
    month DATE PRIMARY KEY CHECK (month = date_trunc('month', month::TIMESTAMP)::DATE),
    row_count BIGINT NOT NULL,
    fingerprint NUMERIC NOT NULL,
    manifest_sha256 TEXT NOT NULL,
    lost_before DATE,
    dropped_at TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp()
);

COMMENT ON TABLE pipeline.cold_months IS
'Months whose archived engagement was dropped because the cold store holds it: rows and fingerprint
that were dropped, and the manifest that proved them. Days before lost_before had lost raw rows
without a cold copy when the first month was dropped.';

GRANT SELECT ON pipeline.cold_months TO sociallive_reader, sociallive_writer;

-- Everything of one row; sums of it tell whether two sets of rows are the same.
CREATE FUNCTION pipeline.hash_archived_engagement(
    id UUID,
    user_id UUID,
    post_id UUID,
    engagement_type ENGAGEMENT_TYPE_ENUM,
    value NUMERIC,
    metadata JSONB,
    created_at TIMESTAMP
) RETURNS BIGINT
LANGUAGE sql STABLE PARALLEL SAFE
RETURN
uuid_hash_extended(
    id,
    uuid_hash_extended(
        user_id,
        uuid_hash_extended(
            post_id,
            hashtextextended(
                engagement_type::TEXT,
                hashtextextended(
                    coalesce(value::TEXT, ''),
                    hashtextextended(
                        coalesce(metadata::TEXT, ''), timestamp_hash_extended(created_at, 0)
                    )
                )
            )
        )
    )
);

-- Partitions of the archive that lie in a window of time, whatever they are called.
CREATE FUNCTION pipeline.archived_partitions(window_start TIMESTAMP, window_end TIMESTAMP)
RETURNS SETOF REGCLASS
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp SET datestyle = 'ISO' AS $$
    SELECT partitions.oid::REGCLASS
    FROM pg_inherits AS inheriting
    INNER JOIN pg_class AS partitions ON inheriting.inhrelid = partitions.oid
    CROSS JOIN LATERAL
        regexp_match(
            pg_get_expr(partitions.relpartbound, partitions.oid),
            'FROM \(''([^'']+)''\) TO \(''([^'']+)''\)'
        ) AS bounds
    WHERE
        inheriting.inhparent = 'public.user_engagement_archive'::REGCLASS
        AND bounds[1]::TIMESTAMP >= window_start
        AND bounds[2]::TIMESTAMP <= window_end
    ORDER BY partitions.relname;
$$;

-- Removes a month of the archive that holds exactly the rows that the manifest was written for.
-- Safe to repeat: without the month's rows it fails, and changes nothing.
CREATE FUNCTION pipeline.drop_archived_month(
    month_start DATE, expected_rows BIGINT, expected_fingerprint NUMERIC, manifest_sha256 TEXT
) RETURNS VOID
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    window_start CONSTANT TIMESTAMP := date_trunc('month', month_start::TIMESTAMP);
    window_end CONSTANT TIMESTAMP := window_start + INTERVAL '1 month';
    leaves CONSTANT REGCLASS[] := ARRAY(
        SELECT pipeline.archived_partitions(window_start, window_end)
    );
    leaf REGCLASS;
    found_rows BIGINT;
    found_fingerprint NUMERIC;
BEGIN
    FOREACH leaf IN ARRAY leaves LOOP
        EXECUTE format('LOCK TABLE %s IN SHARE MODE', leaf);
    END LOOP;
    SELECT
        count(*),
        coalesce(
            sum(
                pipeline.hash_archived_engagement(
                    archived.id, archived.user_id, archived.post_id, archived.engagement_type,
                    archived.value, archived.metadata, archived.created_at
                )
            ),
            0
        )
    INTO found_rows, found_fingerprint
    FROM user_engagement_archive AS archived
    WHERE archived.created_at >= window_start AND archived.created_at < window_end;
    IF found_rows = 0
        OR (found_rows, found_fingerprint) IS DISTINCT FROM (expected_rows, expected_fingerprint)
    THEN
        RAISE EXCEPTION 'the archive holds % rows of % that are not the % in the cold store',
            found_rows, to_char(window_start, 'YYYY-MM'), expected_rows
            USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    IF EXISTS (
        SELECT FROM user_engagement AS live
        WHERE live.created_at >= window_start AND live.created_at < window_end
    ) THEN
        RAISE EXCEPTION 'user_engagement still holds rows of %', to_char(window_start, 'YYYY-MM')
            USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    FOREACH leaf IN ARRAY leaves LOOP
        EXECUTE format('ALTER TABLE public.user_engagement_archive DETACH PARTITION %s', leaf);
        EXECUTE format('DROP TABLE %s', leaf);
    END LOOP;
    IF EXISTS (
        SELECT FROM user_engagement_archive AS archived
        WHERE archived.created_at >= window_start AND archived.created_at < window_end
    ) THEN
        RAISE EXCEPTION 'rows of % lie in a partition of the archive that holds other months, too',
            to_char(window_start, 'YYYY-MM')
            USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    INSERT INTO pipeline.cold_months AS cold (
        month, row_count, fingerprint, manifest_sha256, lost_before
    )
    SELECT
        window_start::DATE,
        found_rows,
        found_fingerprint,
        drop_archived_month.manifest_sha256,
        CASE
            WHEN EXISTS (SELECT FROM pipeline.cold_months)
                THEN (SELECT max(earlier.lost_before) FROM pipeline.cold_months AS earlier)
            ELSE (
                SELECT retired.retired_before
                FROM pipeline.retired_rows AS retired
                WHERE retired.source_table = 'user_engagement'
            )
        END
    ON CONFLICT (month) DO UPDATE
    SET
        row_count = cold.row_count + excluded.row_count,
        fingerprint = cold.fingerprint + excluded.fingerprint,
        manifest_sha256 = excluded.manifest_sha256,
        dropped_at = excluded.dropped_at;
    INSERT INTO pipeline.retired_rows AS retired (source_table, retired_before)
    VALUES ('user_engagement', window_end::DATE)
    ON CONFLICT (source_table) DO UPDATE
    SET
        retired_before = greatest(retired.retired_before, excluded.retired_before),
        retired_at = excluded.retired_at;
END;
$$;

REVOKE ALL ON FUNCTION
pipeline.hash_archived_engagement(
    UUID, UUID, UUID, ENGAGEMENT_TYPE_ENUM, NUMERIC, JSONB, TIMESTAMP
),
pipeline.archived_partitions(TIMESTAMP, TIMESTAMP),
pipeline.drop_archived_month(DATE, BIGINT, NUMERIC, TEXT)
FROM PUBLIC;

GRANT EXECUTE ON FUNCTION
pipeline.hash_archived_engagement(
    UUID, UUID, UUID, ENGAGEMENT_TYPE_ENUM, NUMERIC, JSONB, TIMESTAMP
),
pipeline.archived_partitions(TIMESTAMP, TIMESTAMP)
TO sociallive_reader;

GRANT EXECUTE ON FUNCTION
pipeline.drop_archived_month(DATE, BIGINT, NUMERIC, TEXT)
TO sociallive_operator;
