-- One of the erasures that are not among the known ones. Locks: none. Safe to re-run: changes nothing.
SELECT erasure.token
FROM pipeline.erasures AS erasure
WHERE erasure.token <> ALL(%(known)s::text[])
ORDER BY erasure.token
LIMIT 1;
