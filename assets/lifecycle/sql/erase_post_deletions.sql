-- Deletes what is remembered of posts of the account that are gone.
-- Locks: those rows. Safe to re-run: none is left.
SELECT pipeline.erase_post_deletions(%(account)s);
