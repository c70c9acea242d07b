-- Adds what was removed from a place to the erasure's account. Locks: its row. A killed run may have
-- removed rows without noting them: they are never noted twice.
SELECT pipeline.note_erasure(%(token)s, %(target)s, %(rows)s, %(parts)s);
