-- Which load of a lake's partition a reading of its day was compared with. A reading that is begun anew takes
-- the place of a failed one: the differences that both found count once, those that have passed not at all.
-- Locks: ACCESS EXCLUSIVE on pipeline.source_changes, for the catalogue only: nothing is rewritten.

ALTER TABLE pipeline.source_changes ADD COLUMN compared_with TEXT;

COMMENT ON COLUMN pipeline.source_changes.compared_with IS
'Load of the lake''s partition that the day was compared with; NULL: an erasure''s, or older.';

GRANT DELETE ON pipeline.source_changes TO sociallive_writer;
