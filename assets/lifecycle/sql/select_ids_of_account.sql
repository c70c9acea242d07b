-- Ids of the account's content and of what goes with that, each with its table. Locks: none. Safe to re-run: changes nothing.
SELECT
    named.kind,
    named.id,
    named.is_own
FROM pipeline.ids_of_account(%(account)s) AS named;
