-- Removes the reasons that an earlier reading, which published nothing, found against the same loads.
-- Locks: those rows. Safe to re-run: nothing is left to remove.
DELETE FROM pipeline.source_changes AS changes
USING
    unnest(%(tables)s::text[], %(days)s::date[], %(loads)s::text[])
        AS compared (table_name, day, load)
WHERE
    changes.source_table = compared.table_name
    AND changes.changed_day = compared.day
    AND changes.compared_with = compared.load;
