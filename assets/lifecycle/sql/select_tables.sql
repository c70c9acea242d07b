-- Tables and partitions that a dump holds, with their schemas; those of extensions are not ours.
-- Locks: none beyond reading the catalogue.
SELECT
    schemas.nspname,
    tables.relname
FROM pg_catalog.pg_class AS tables
INNER JOIN pg_catalog.pg_namespace AS schemas ON tables.relnamespace = schemas.oid
WHERE
    tables.relkind = 'r'
    AND tables.relpersistence <> 't'
    AND schemas.nspname !~ '^pg_'
    AND schemas.nspname <> 'information_schema'
    AND NOT EXISTS (
        SELECT FROM pg_catalog.pg_depend AS dependencies
        WHERE
            dependencies.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
            AND dependencies.objid = tables.oid
            AND dependencies.deptype = 'e'
    )
ORDER BY schemas.nspname, tables.relname;
