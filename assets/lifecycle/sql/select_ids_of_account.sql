-- Ids of the account, its content and what goes with that. Locks: none. Safe to re-run: changes nothing.
SELECT
    named.id,
    named.is_own
FROM pipeline.ids_of_account(%(account)s) AS named;
