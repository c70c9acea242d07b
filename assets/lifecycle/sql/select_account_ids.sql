-- Ids of all accounts. Locks: none. Safe to re-run: changes nothing.
SELECT uuid_send(users.id) AS id
FROM users;
