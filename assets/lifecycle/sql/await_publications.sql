-- Waits for publications that are under way. Locks: EXCLUSIVE on the ledger, until the caller commits.
-- Safe to re-run: it only waits.
SELECT pipeline.await_publications();
