-- The account of a username or an id. Locks: none. Safe to re-run: changes nothing.
SELECT
    found.id,
    found.username,
    found.email
FROM pipeline.find_account(%(named)s) AS found;
