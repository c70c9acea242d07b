-- Keeps the tombstones of an erasure. Locks: none that anyone waits for. Safe to re-run: adds what
-- is missing.
SELECT pipeline.bury_account(%(token)s, %(key_id)s, %(digests)s);
