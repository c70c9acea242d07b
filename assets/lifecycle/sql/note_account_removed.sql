-- The platform's tables hold nothing of the account any more. Locks: the erasure's row.
-- Safe to re-run: a later transaction is named.
SELECT pipeline.note_account_removed(%(token)s);
