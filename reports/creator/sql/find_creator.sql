-- Accounts that a name or an id may mean. `rank`: 0 the very name, 1 the id, 2 the name but for case.
-- Locks: none beyond reading. Safe to re-run: it only reads.
SELECT
    users.id,
    users.deleted_at IS NOT NULL AS is_deleted,
    CASE
        WHEN users.username = %(named)s THEN 0
        WHEN users.id = %(id)s THEN 1
        ELSE 2
    END AS rank
FROM users
WHERE
    users.username = %(named)s
    OR users.id = %(id)s
    OR lower(users.username) = lower(%(named)s)
ORDER BY rank, is_deleted, users.id;
