-- Columns of the platform's tables with their types; the length of a text does not matter here.
-- Locks: none but the catalogue's. Safe to re-run: it only reads.
SELECT
    tables.relname AS table_name,
    columns.attname AS column_name,
    regexp_replace(
        format_type(columns.atttypid, columns.atttypmod), '^character varying(\(\d+\))?$', 'text'
    ) AS type_name
FROM pg_class AS tables
INNER JOIN pg_attribute AS columns ON tables.oid = columns.attrelid
WHERE
    tables.relnamespace = 'public'::regnamespace
    AND tables.relkind IN ('r', 'p')
    AND NOT tables.relispartition
    AND columns.attnum > 0
    AND NOT columns.attisdropped
ORDER BY tables.relname, columns.attnum;
