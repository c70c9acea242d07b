-- What tables are made of and surrounded by, whose it is and who may use it, by kind: a restore has to
-- bring back as many. PostgreSQL 18 counts NOT NULL as a constraint; older ones do not. A right of an
-- owner is none that was granted, and MAINTAIN is one of newer versions only; the schema public has
-- other grants in older ones.
-- Locks: none beyond reading the catalogue.
WITH schemas AS (
    SELECT namespaces.oid
    FROM pg_catalog.pg_namespace AS namespaces
    WHERE namespaces.nspname !~ '^pg_' AND namespaces.nspname <> 'information_schema'
),

tables AS (
    SELECT
        classes.oid,
        classes.relkind,
        classes.relowner,
        classes.relacl,
        classes.relrowsecurity,
        classes.relforcerowsecurity
    FROM pg_catalog.pg_class AS classes
    INNER JOIN schemas ON classes.relnamespace = schemas.oid
),

-- What comes with an extension is as that makes it.
members AS (
    SELECT
        dependencies.classid,
        dependencies.objid
    FROM pg_catalog.pg_depend AS dependencies
    WHERE dependencies.deptype = 'e'
),

own_tables AS (
    SELECT tables.*
    FROM tables
    WHERE
        tables.oid NOT IN (
            SELECT members.objid
            FROM members
            WHERE members.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
        )
),

columns AS (
    SELECT
        tables.relowner,
        attributes.attacl,
        attributes.attnotnull,
        attributes.atthasdef
    FROM pg_catalog.pg_attribute AS attributes
    INNER JOIN own_tables AS tables ON attributes.attrelid = tables.oid
    WHERE tables.relkind IN ('r', 'p') AND attributes.attnum > 0 AND NOT attributes.attisdropped
),

functions AS (
    SELECT
        procedures.proowner,
        procedures.proacl,
        procedures.prosecdef
    FROM pg_catalog.pg_proc AS procedures
    INNER JOIN schemas ON procedures.pronamespace = schemas.oid
    WHERE
        procedures.oid NOT IN (
            SELECT members.objid
            FROM members
            WHERE members.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass
        )
),

access AS (
    SELECT
        tables.relowner AS owner_id,
        tables.relacl AS acl
    FROM own_tables AS tables
    UNION ALL
    SELECT
        columns.relowner AS owner_id,
        columns.attacl AS acl
    FROM columns
    UNION ALL
    SELECT
        functions.proowner AS owner_id,
        -- Who has changed nothing lets everybody call a function.
        coalesce(functions.proacl, acldefault('f', functions.proowner)) AS acl
    FROM functions
    UNION ALL
    SELECT
        namespaces.nspowner AS owner_id,
        namespaces.nspacl AS acl
    FROM pg_catalog.pg_namespace AS namespaces
    INNER JOIN schemas ON namespaces.oid = schemas.oid
    WHERE namespaces.nspname <> 'public'
),

owned AS (
    SELECT tables.relowner AS owner_id FROM own_tables AS tables
    UNION ALL
    SELECT functions.proowner AS owner_id FROM functions
)

SELECT
    'constraints' AS kind,
    count(*) AS objects
FROM pg_catalog.pg_constraint AS constraints
INNER JOIN tables ON constraints.conrelid = tables.oid
WHERE constraints.contype <> 'n'
UNION ALL
SELECT
    'constraints not valid' AS kind,
    count(*) AS objects
FROM pg_catalog.pg_constraint AS constraints
INNER JOIN tables ON constraints.conrelid = tables.oid
WHERE constraints.contype <> 'n' AND NOT constraints.convalidated
UNION ALL
SELECT
    'indexes' AS kind,
    count(*) AS objects
FROM pg_catalog.pg_index AS indexes
INNER JOIN tables ON indexes.indrelid = tables.oid
WHERE indexes.indisvalid
UNION ALL
SELECT
    'triggers' AS kind,
    count(*) AS objects
FROM pg_catalog.pg_trigger AS triggers
INNER JOIN tables ON triggers.tgrelid = tables.oid
WHERE NOT triggers.tgisinternal
UNION ALL
SELECT
    'policies' AS kind,
    count(*) AS objects
FROM pg_catalog.pg_policy AS policies
INNER JOIN tables ON policies.polrelid = tables.oid
UNION ALL
SELECT
    'functions' AS kind,
    count(*) AS objects
FROM pg_catalog.pg_proc AS functions
INNER JOIN schemas ON functions.pronamespace = schemas.oid
UNION ALL
SELECT
    'views' AS kind,
    count(*) AS objects
FROM tables
WHERE tables.relkind IN ('v', 'm')
UNION ALL
SELECT
    'sequences' AS kind,
    count(*) AS objects
FROM own_tables AS tables
WHERE tables.relkind = 'S'
UNION ALL
SELECT
    'columns' AS kind,
    count(*) AS objects
FROM columns
UNION ALL
SELECT
    'columns with a default' AS kind,
    count(*) AS objects
FROM columns
WHERE columns.atthasdef
UNION ALL
SELECT
    'columns that take no NULL' AS kind,
    count(*) AS objects
FROM columns
WHERE columns.attnotnull
UNION ALL
SELECT
    'triggers that fire' AS kind,
    count(*) AS objects
FROM pg_catalog.pg_trigger AS triggers
INNER JOIN tables ON triggers.tgrelid = tables.oid
WHERE NOT triggers.tgisinternal AND triggers.tgenabled <> 'D'
UNION ALL
SELECT
    'tables with row security' AS kind,
    count(*) AS objects
FROM own_tables AS tables
WHERE tables.relrowsecurity
UNION ALL
SELECT
    'tables with row security for owners' AS kind,
    count(*) AS objects
FROM own_tables AS tables
WHERE tables.relforcerowsecurity
UNION ALL
SELECT
    'functions with the rights of their owner' AS kind,
    count(*) AS objects
FROM functions
WHERE functions.prosecdef
UNION ALL
SELECT
    'grants' AS kind,
    count(*) AS objects
FROM access
CROSS JOIN LATERAL aclexplode(access.acl) AS granted
WHERE granted.grantee <> access.owner_id AND granted.privilege_type <> 'MAINTAIN'
UNION ALL
SELECT
    'objects of ' || pg_get_userbyid(owned.owner_id) AS kind,
    count(*) AS objects
FROM owned
GROUP BY owned.owner_id;
