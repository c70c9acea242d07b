-- Columns that the pipeline's roles may read: their names, and whether by a grant of the whole
-- table, which opens every column that is added later. What belongs to an extension is left out:
-- it opens its own views to everybody, and holds nothing of the platform's users.
-- Locks: none beyond reading the catalogue. Safe to re-run: changes nothing.
SELECT
    roles.name AS role_name,
    tables.relname::text AS table_name,
    columns.attname::text AS column_name,
    has_table_privilege(roles.name, tables.oid, 'SELECT') AS is_whole_table
FROM unnest(%(roles)s::text[]) AS roles (name)
CROSS JOIN pg_catalog.pg_class AS tables
INNER JOIN pg_catalog.pg_attribute AS columns ON tables.oid = columns.attrelid
WHERE
    tables.relnamespace = 'public'::regnamespace
    AND tables.relkind IN ('r', 'p', 'v', 'm')
    AND columns.attnum > 0
    AND NOT columns.attisdropped
    AND NOT EXISTS (
        SELECT FROM pg_catalog.pg_depend AS members
        WHERE
            members.classid = 'pg_catalog.pg_class'::regclass
            AND members.objid = tables.oid
            AND members.deptype = 'e'
    )
    AND has_column_privilege(roles.name, tables.oid, columns.attnum, 'SELECT');
