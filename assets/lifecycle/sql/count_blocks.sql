-- Blocks of a table that an erasure has to read. Locks: none. Safe to re-run: changes nothing.
SELECT pipeline.blocks_to_search(%(target)s);
