-- Which of these accounts do not exist any more. Locks: none. Safe to re-run: changes nothing.
SELECT asked.user_id
FROM unnest(%(ids)s::uuid[]) AS asked (user_id)
WHERE NOT EXISTS (
    SELECT FROM users
    WHERE users.id = asked.user_id
);
