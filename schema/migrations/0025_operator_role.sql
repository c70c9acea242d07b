-- The role that moves and removes old rows: partitions, archive, clean-up, erasure. It can do each of
-- these through a function made for it, and nothing else; the migrations that make the functions say
-- who may call them.
-- Locks: none that anyone waits for.

DO $$
DECLARE
    needed CONSTANT TEXT := CASE
        WHEN current_setting('server_version_num')::INTEGER >= 160000 THEN 'SET' ELSE 'MEMBER'
    END;
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'sociallive_operator') THEN
        CREATE ROLE sociallive_operator NOLOGIN;
    END IF;
    IF NOT pg_has_role(current_user, 'sociallive_operator', needed) THEN
        EXECUTE format('GRANT sociallive_operator TO %I', current_user);
    END IF;
END;
$$;

GRANT USAGE ON SCHEMA public, pipeline TO sociallive_operator;
GRANT SELECT ON pipeline.schema_migrations TO sociallive_operator;
GRANT EXECUTE ON FUNCTION
ensure_engagement_partitions(DATE, DATE), missing_engagement_months(DATE, DATE)
TO sociallive_operator;
