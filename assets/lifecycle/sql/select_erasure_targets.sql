-- What an erasure removed where, so far. Locks: none. Safe to re-run: changes nothing.
SELECT
    removed.target,
    (removed.amounts ->> 'rows')::bigint AS row_count,
    (removed.amounts ->> 'parts')::bigint AS parts
FROM pipeline.erasures AS erasure
CROSS JOIN jsonb_each(erasure.targets) AS removed (target, amounts)
WHERE erasure.token = %(token)s;
