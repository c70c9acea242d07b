-- What the whole database needs before its first table: UTC, the ledger of migrations, a closed
-- `public`.
-- Why UTC: the platform's columns are TIMESTAMP without time zone with DEFAULT CURRENT_TIMESTAMP; a
-- session in another zone would store local time. New sessions of this database start in UTC.
-- Locks: none that anyone waits for; the objects are new.

DO $$
BEGIN
    EXECUTE format('ALTER DATABASE %I SET timezone TO %L', current_database(), 'UTC');
EXCEPTION
    WHEN insufficient_privilege THEN
        RAISE NOTICE 'the time zone of database % was left as it is: only its owner may set it; '
            'its owner should run: ALTER DATABASE % SET timezone TO ''UTC''',
            current_database(), quote_ident(current_database());
END;
$$;

-- Databases that come from PostgreSQL 14 or older still let everybody create objects in `public`,
-- which is on the search path of everybody.
DO $$
BEGIN
    IF has_schema_privilege('public', 'public', 'CREATE') THEN
        REVOKE CREATE ON SCHEMA public FROM PUBLIC;
    END IF;
END;
$$;

CREATE SCHEMA pipeline;

CREATE TABLE pipeline.schema_migrations (
    name TEXT PRIMARY KEY,
    sha256 TEXT NOT NULL,
    applied_at TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP
);

COMMENT ON SCHEMA pipeline IS 'Books of the analytics pipeline; nothing of the platform''s.';
COMMENT ON TABLE pipeline.schema_migrations IS 'One row per applied file of schema/migrations.';
