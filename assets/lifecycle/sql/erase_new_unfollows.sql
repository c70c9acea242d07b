-- Takes follows of the account that have ended since a moment out of the audit trail.
-- Locks: those rows. Safe to re-run: none is left.
SELECT pipeline.erase_new_unfollows(%(account)s, %(since)s);
