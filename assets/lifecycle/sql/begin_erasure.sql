-- Says that the platform's tables may hold the account: nothing is ingested until it is gone.
-- Locks: the erasure's row. Safe to re-run: amounts are kept.
SELECT pipeline.begin_erasure(%(token)s);
