-- Objects beside the tables, by kind. PostgreSQL 18 counts NOT NULL as a constraint; older ones do not.
-- Locks: none beyond reading the catalogue.
WITH schemas AS (
    SELECT namespaces.oid
    FROM pg_catalog.pg_namespace AS namespaces
    WHERE namespaces.nspname !~ '^pg_' AND namespaces.nspname <> 'information_schema'
),

tables AS (
    SELECT
        classes.oid,
        classes.relkind
    FROM pg_catalog.pg_class AS classes
    INNER JOIN schemas ON classes.relnamespace = schemas.oid
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
WHERE tables.relkind IN ('v', 'm');
