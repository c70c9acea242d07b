-- How many accounts there are, and how many of them are the given ones.
-- Locks: none beyond a read.
-- Safe to re-run: it only reads.
WITH demo AS (
    SELECT unnest(cast(%(ids)s AS UUID[])) AS id
)

SELECT
    count(*) AS accounts,
    count(demo.id) AS accounts_of_demo
FROM users
LEFT JOIN demo ON users.id = demo.id;
