-- Statements that make the roles which a dump names (as owners, grantees, in policies) and what they
-- are members of. No passwords, no right to log in: those are given by hand.
-- Locks: none beyond reading the catalogue.
WITH named AS (
    SELECT
        roles.oid,
        roles.rolname
    FROM pg_catalog.pg_roles AS roles
    WHERE
        roles.rolname !~ '^pg_|[[:cntrl:]]'
        AND (
            roles.rolname ~ '^sociallive_'
            OR roles.oid IN (SELECT tables.relowner FROM pg_catalog.pg_class AS tables)
            OR roles.oid IN (
                SELECT named_here.refobjid
                FROM pg_catalog.pg_shdepend AS named_here
                INNER JOIN pg_catalog.pg_database AS databases
                    ON named_here.dbid = databases.oid
                WHERE
                    named_here.refclassid = 'pg_catalog.pg_authid'::pg_catalog.regclass
                    AND databases.datname = pg_catalog.current_database()
            )
        )
)

SELECT 'CREATE ROLE ' || quote_ident(named.rolname) || ' NOLOGIN;' AS statement
FROM named
UNION ALL
SELECT
    'GRANT ' || quote_ident(groups.rolname) || ' TO ' || quote_ident(named.rolname) || ';'
        AS statement
FROM pg_catalog.pg_auth_members AS memberships
INNER JOIN named ON memberships.member = named.oid
INNER JOIN pg_catalog.pg_roles AS groups ON memberships.roleid = groups.oid
WHERE groups.rolname ~ '^pg_' OR groups.oid IN (SELECT listed.oid FROM named AS listed)
ORDER BY statement;
