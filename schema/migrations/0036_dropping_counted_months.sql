-- Dropping a month of the archive without hashing its rows under a lock: who deletes accounts or posts
-- waited for as long as that took (millions of rows: minutes), once per attempt to get the next lock.
-- Rows and fingerprint are counted before, without a lock that anyone notices. Under the lock it is
-- enough that the month has as many rows as then, each written by a transaction that had ended before
-- the count began: each of them was counted, so that none can be another one. Where that is not so, or
-- the month lies in other partitions than then, all is counted again under the lock, as before.
-- Locks: none that anyone waits for; a function only.
-- Locks of drop_archived_month(), until the caller commits: SHARE on the month's partitions while
-- their rows are read (readers go on); then ACCESS EXCLUSIVE on user_engagement_archive and, for
-- the foreign keys that go with the partitions, on users and posts, for milliseconds. Call it in a
-- READ COMMITTED transaction of its own with a short lock_timeout, and again when it gave up.

DROP FUNCTION pipeline.drop_archived_month(DATE, BIGINT, NUMERIC, TEXT);

-- Removes a month of the archive that holds exactly the rows that the manifest was written for.
-- counted_xmin: the oldest transaction that was open, and counted_leaves: the month's partitions, before
-- the caller counted the expected rows and fingerprint; NULL where nobody has.
-- Rows of user_engagement_keys stay, and no day is noted as changed: DROP TABLE fires no triggers.
-- Safe to repeat: without the month's rows it fails, and changes nothing.
CREATE FUNCTION pipeline.drop_archived_month(
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
    leaves CONSTANT REGCLASS[] := ARRAY(
        SELECT pipeline.archived_partitions(window_start, window_end)
    );
    leaf REGCLASS;
    found_rows BIGINT;
    found_fingerprint NUMERIC;
    is_as_counted BOOLEAN;
BEGIN
    FOREACH leaf IN ARRAY leaves LOOP
        EXECUTE format('LOCK TABLE %s IN SHARE MODE', leaf);
    END LOOP;
    SELECT count(*), coalesce(bool_and(age(archived.xmin) > age(counted_xmin::XID)), FALSE)
    INTO found_rows, is_as_counted
    FROM user_engagement_archive AS archived
    WHERE archived.created_at >= window_start AND archived.created_at < window_end;
    IF is_as_counted
        AND found_rows = expected_rows
        AND counted_leaves IS NOT DISTINCT FROM leaves::OID[]
        AND pg_snapshot_xmax(pg_current_snapshot())::TEXT::BIGINT - counted_xmin::TEXT::BIGINT
        < 1000000000
    THEN
        found_fingerprint := expected_fingerprint;
    ELSE
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
    END IF;
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
pipeline.drop_archived_month(DATE, BIGINT, NUMERIC, TEXT, XID8, OID[])
FROM PUBLIC;

GRANT EXECUTE ON FUNCTION
pipeline.drop_archived_month(DATE, BIGINT, NUMERIC, TEXT, XID8, OID[])
TO sociallive_operator;
