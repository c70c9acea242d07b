-- Deletes one batch of the account's rows in a table, and lowers the counters of others.
-- Locks: those rows, the posts and accounts whose counters change; until the caller commits.
-- Safe to re-run: what is gone is not counted twice.
SELECT pipeline.erase_account_rows(%(account)s, %(target)s, %(at_most)s);
