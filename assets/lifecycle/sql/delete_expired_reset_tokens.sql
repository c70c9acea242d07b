-- Removes one batch of reset tokens that expired before the cut-off, and says how many.
-- Locks: the removed rows, ROW EXCLUSIVE on their table. Safe to re-run: what is gone stays gone.
SELECT pipeline.delete_expired_reset_tokens(%(cutoff)s, %(most)s);
