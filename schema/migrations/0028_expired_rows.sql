-- Expired sessions, feed items and reset tokens go 30 days after they expired; and the markers that a
-- backup sets, by which a restore shows how far it got.
-- Row security binds the owner of user_sessions too, so that no function of the owner's could delete
-- there: the operator's own policy lets that role see and delete what has expired long enough, and no
-- other row, whatever it asks for. The other two tables have functions with their owner's rights.
-- Each call is one transaction of bounded size.
-- Locks: ACCESS EXCLUSIVE on user_sessions for the policy, for milliseconds.

CREATE POLICY user_sessions_operator_policy ON user_sessions
FOR ALL TO sociallive_operator
USING (
    current_user = 'sociallive_operator'
    AND expires_at < (now() AT TIME ZONE 'UTC') - INTERVAL '30 days'
)
WITH CHECK (FALSE);

GRANT SELECT (id, expires_at), DELETE ON user_sessions TO sociallive_operator;

-- What is deleted by clean-up has expired before both the given moment and 30 days ago.
CREATE FUNCTION pipeline.removable_before(given TIMESTAMP) RETURNS TIMESTAMP
LANGUAGE sql STABLE PARALLEL SAFE
RETURN least(given, (now() AT TIME ZONE 'UTC') - INTERVAL '30 days');

-- Days up to the last expiry of the removed sessions can no longer be read in full.
CREATE FUNCTION pipeline.note_removed_sessions(last_expiry TIMESTAMP) RETURNS VOID
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    INSERT INTO pipeline.retired_rows AS retired (source_table, retired_before)
    SELECT 'user_sessions', last_expiry::DATE + 1
    WHERE last_expiry IS NOT NULL
    ON CONFLICT (source_table) DO UPDATE
    SET retired_before = excluded.retired_before, retired_at = clock_timestamp()
    WHERE retired.retired_before < excluded.retired_before;
$$;

-- The condition stands in the DELETE as well: a session that was prolonged meanwhile stays.
CREATE FUNCTION pipeline.delete_expired_sessions(before TIMESTAMP, most INTEGER) RETURNS BIGINT
LANGUAGE plpgsql SECURITY INVOKER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    cutoff CONSTANT TIMESTAMP := pipeline.removable_before(before);
    removed BIGINT;
    last_expiry TIMESTAMP;
BEGIN
    WITH gone AS (
        DELETE FROM user_sessions
        WHERE
            id = ANY(ARRAY(
                SELECT expired.id FROM user_sessions AS expired
                WHERE expired.expires_at < cutoff
                ORDER BY expired.expires_at
                LIMIT most
            ))
            AND expires_at < cutoff
        RETURNING expires_at
    )
    SELECT count(*), max(expires_at) INTO removed, last_expiry FROM gone;
    PERFORM pipeline.note_removed_sessions(last_expiry);
    RETURN removed;
END;
$$;

-- A feed item without an expiry stays for ever.
CREATE FUNCTION pipeline.delete_expired_feed_items(before TIMESTAMP, most INTEGER) RETURNS BIGINT
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    cutoff CONSTANT TIMESTAMP := pipeline.removable_before(before);
    removed BIGINT;
BEGIN
    DELETE FROM feed_items
    WHERE
        id = ANY(ARRAY(
            SELECT expired.id FROM feed_items AS expired
            WHERE expired.expires_at < cutoff
            ORDER BY expired.expires_at
            LIMIT most
        ))
        AND expires_at < cutoff;
    GET DIAGNOSTICS removed = ROW_COUNT;
    RETURN removed;
END;
$$;

CREATE FUNCTION pipeline.delete_expired_reset_tokens(before TIMESTAMP, most INTEGER) RETURNS BIGINT
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    cutoff CONSTANT TIMESTAMP := pipeline.removable_before(before);
    removed BIGINT;
BEGIN
    DELETE FROM password_reset_tokens
    WHERE
        id = ANY(ARRAY(
            SELECT expired.id FROM password_reset_tokens AS expired
            WHERE expired.expires_at < cutoff
            ORDER BY expired.expires_at
            LIMIT most
        ))
        AND expires_at < cutoff;
    GET DIAGNOSTICS removed = ROW_COUNT;
    RETURN removed;
END;
$$;

COMMENT ON TABLE pipeline.retired_rows IS
'Days before retired_before have lost raw rows of that lake table in PostgreSQL by retention;
user_sessions: sessions that had expired, which published days have kept.';

CREATE TABLE pipeline.backup_markers (
    backup TEXT PRIMARY KEY,
    placed_at TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp()
);

COMMENT ON TABLE pipeline.backup_markers IS
'One row per base backup, committed after it ended: a restore to the newest point shows it.';

GRANT SELECT ON pipeline.backup_markers TO sociallive_reader;

REVOKE ALL ON FUNCTION
pipeline.removable_before(TIMESTAMP),
pipeline.note_removed_sessions(TIMESTAMP),
pipeline.delete_expired_sessions(TIMESTAMP, INTEGER),
pipeline.delete_expired_feed_items(TIMESTAMP, INTEGER),
pipeline.delete_expired_reset_tokens(TIMESTAMP, INTEGER)
FROM PUBLIC;

GRANT EXECUTE ON FUNCTION
pipeline.removable_before(TIMESTAMP),
pipeline.note_removed_sessions(TIMESTAMP),
pipeline.delete_expired_sessions(TIMESTAMP, INTEGER),
pipeline.delete_expired_feed_items(TIMESTAMP, INTEGER),
pipeline.delete_expired_reset_tokens(TIMESTAMP, INTEGER)
TO sociallive_operator;
