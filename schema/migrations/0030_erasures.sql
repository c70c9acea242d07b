-- What was erased, without saying who it was: tombstones, and the books of each erasure.
-- A tombstone is a keyed hash (HMAC-SHA256, the key is in the home, never here) of an id or a name.
-- Locks: none that anyone waits for; tables and functions are new.

CREATE TABLE pipeline.erasures (
    token TEXT PRIMARY KEY CHECK (token ~ '^[0-9a-f]{32}$'),
    key_id TEXT NOT NULL,
    requested_at TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp(),
    removed_xid XID8,
    targets JSONB NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(targets) = 'object'),
    finished_at TIMESTAMPTZ
);

COMMENT ON TABLE pipeline.erasures IS
'One row per erased account: what was removed where. removed_xid: the transaction after which the
platform''s tables hold nothing of it; NULL while they may.';

CREATE TABLE pipeline.tombstones (
    digest BYTEA PRIMARY KEY CHECK (length(digest) = 32),
    token TEXT NOT NULL REFERENCES pipeline.erasures (token)
);

COMMENT ON TABLE pipeline.tombstones IS
'Keyed hashes of ids and names of erased accounts, their posts and comments: never to come back.';

GRANT SELECT ON pipeline.erasures, pipeline.tombstones
TO sociallive_reader, sociallive_writer, sociallive_operator;

-- The account may be in the platform's tables, for the first time or again.
CREATE FUNCTION pipeline.begin_erasure(token TEXT) RETURNS VOID
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    UPDATE pipeline.erasures AS erasure
    SET
        removed_xid = NULL,
        targets = CASE WHEN erasure.finished_at IS NULL THEN erasure.targets ELSE '{}' END,
        finished_at = NULL
    WHERE erasure.token = begin_erasure.token;
$$;

-- Tombstones before anything is deleted; known ones stay as they are.
CREATE FUNCTION pipeline.bury_account(token TEXT, key_id TEXT, digests BYTEA[]) RETURNS VOID
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    INSERT INTO pipeline.erasures (token, key_id)
    VALUES (bury_account.token, bury_account.key_id)
    ON CONFLICT ON CONSTRAINT erasures_pkey DO NOTHING;
    INSERT INTO pipeline.tombstones (digest, token)
    SELECT unnest(digests), bury_account.token
    ON CONFLICT DO NOTHING;
END;
$$;

-- Notes what was removed from a place; amounts of a repeated run add up.
CREATE FUNCTION pipeline.note_erasure(token TEXT, target TEXT, row_count BIGINT, parts BIGINT)
RETURNS VOID
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    UPDATE pipeline.erasures AS erasure
    SET targets = jsonb_set(
        erasure.targets,
        ARRAY[note_erasure.target],
        jsonb_build_object(
            'rows',
            row_count + coalesce((erasure.targets -> note_erasure.target ->> 'rows')::BIGINT, 0),
            'parts',
            parts + coalesce((erasure.targets -> note_erasure.target ->> 'parts')::BIGINT, 0)
        )
    )
    WHERE erasure.token = note_erasure.token;
$$;

-- From this transaction on the platform's tables hold nothing of the account.
CREATE FUNCTION pipeline.note_account_removed(token TEXT) RETURNS VOID
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    UPDATE pipeline.erasures AS erasure
    SET removed_xid = pg_current_xact_id()
    WHERE erasure.token = note_account_removed.token AND erasure.removed_xid IS NULL;
$$;

CREATE FUNCTION pipeline.finish_erasure(token TEXT) RETURNS VOID
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    UPDATE pipeline.erasures AS erasure
    SET finished_at = clock_timestamp()
    WHERE erasure.token = finish_erasure.token;
$$;

-- Returns when no publication is under way that could have missed a tombstone committed before.
CREATE FUNCTION pipeline.await_publications() RETURNS VOID
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    LOCK TABLE pipeline.partition_ledger IN EXCLUSIVE MODE;
END;
$$;

REVOKE ALL ON FUNCTION
pipeline.bury_account(TEXT, TEXT, BYTEA[]),
pipeline.begin_erasure(TEXT),
pipeline.note_erasure(TEXT, TEXT, BIGINT, BIGINT),
pipeline.note_account_removed(TEXT),
pipeline.finish_erasure(TEXT),
pipeline.await_publications()
FROM PUBLIC;

GRANT EXECUTE ON FUNCTION
pipeline.bury_account(TEXT, TEXT, BYTEA[]),
pipeline.begin_erasure(TEXT),
pipeline.note_erasure(TEXT, TEXT, BIGINT, BIGINT),
pipeline.note_account_removed(TEXT),
pipeline.finish_erasure(TEXT),
pipeline.await_publications()
TO sociallive_operator;
