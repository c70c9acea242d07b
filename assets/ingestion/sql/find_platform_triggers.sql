-- Triggers of the platform's tables that are on, in all their partitions.
-- Locks: none but the catalogue's. Safe to re-run: it only reads.
SELECT
    tables.relname AS table_name,
    triggers.tgname AS trigger_name
FROM pg_trigger AS triggers
INNER JOIN pg_class AS tables ON triggers.tgrelid = tables.oid
WHERE
    tables.relnamespace = 'public'::regnamespace
    AND NOT tables.relispartition
    AND NOT triggers.tgisinternal
    AND triggers.tgenabled IN ('O', 'A')
    AND NOT EXISTS (
        SELECT FROM pg_trigger AS clones
        WHERE clones.tgparentid = triggers.oid AND clones.tgenabled NOT IN ('O', 'A')
    )
ORDER BY tables.relname, triggers.tgname;
