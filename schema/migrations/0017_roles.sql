-- The roles: whose sessions they are for, and nothing that they may do (0019 says that).
-- Roles belong to the whole server: they may be there already, made for another database.
-- The migrating user becomes a member, so that the pipeline's sessions can take the roles on.
-- Locks: none that anyone waits for.

DO $$
DECLARE
    -- Since PostgreSQL 16 a member may be one that cannot take the role on, such as its creator.
    needed CONSTANT TEXT := CASE
        WHEN current_setting('server_version_num')::INTEGER >= 160000 THEN 'SET' ELSE 'MEMBER'
    END;
    role_name NAME;
BEGIN
    FOREACH role_name IN ARRAY
        ARRAY['authenticated_users', 'sociallive_reader', 'sociallive_writer']::NAME[]
    LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role_name) THEN
            EXECUTE format('CREATE ROLE %I NOLOGIN', role_name);
        END IF;
        IF NOT pg_has_role(current_user, role_name, needed) THEN
            EXECUTE format('GRANT %I TO %I', role_name, current_user);
        END IF;
    END LOOP;
END;
$$;

-- Whether a day is final depends on other sessions' open transactions, which others may not see.
DO $$
BEGIN
    IF NOT pg_has_role('sociallive_reader', 'pg_read_all_stats', 'USAGE') THEN
        GRANT pg_read_all_stats TO sociallive_reader;
    END IF;
EXCEPTION
    WHEN insufficient_privilege THEN
        RAISE NOTICE 'no day will count as final: a superuser should run: '
            'GRANT pg_read_all_stats TO sociallive_reader';
END;
$$;
