-- The erasure has reached every place. Locks: its row. Safe to re-run: the time is newer.
SELECT pipeline.finish_erasure(%(token)s);
