-- Removes the reasons that an earlier reading, which published nothing, found against the same load.
-- Locks: those rows. Safe to re-run: nothing is left to remove.
DELETE FROM pipeline.source_changes AS changes
WHERE
    changes.source_table = %(table)s
    AND changes.changed_day = %(day)s
    AND changes.compared_with = %(load)s;
