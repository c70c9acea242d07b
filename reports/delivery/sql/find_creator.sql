-- The account that a username or an id names; two, if one's username is the other's id.
-- Locks: none that anyone waits for. Safe to re-run: it changes nothing.
SELECT users.id
FROM users
WHERE users.username = %(named)s OR users.id::TEXT = lower(%(named)s);
