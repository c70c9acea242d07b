-- Lets the amounts of an erasure that was finished begin anew. Locks: its row.
-- Safe to re-run: there is nothing to forget.
SELECT pipeline.forget_amounts(%(token)s);
