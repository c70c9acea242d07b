-- Removes one batch of mails that ended over 90 days ago from the outbox, and says how many.
-- Locks: the removed rows, ROW EXCLUSIVE on their table. Safe to re-run: what is gone stays gone.
SELECT pipeline.delete_old_deliveries(%(most)s);
