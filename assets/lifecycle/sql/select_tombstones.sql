-- Every erasure with its digests. Locks: none. Safe to re-run: changes nothing.
SELECT
    erasure.token,
    erasure.key_id,
    coalesce(array_agg(buried.digest) FILTER (WHERE buried.digest IS NOT NULL), '{}') AS digests
FROM pipeline.erasures AS erasure
LEFT JOIN pipeline.tombstones AS buried ON erasure.token = buried.token
GROUP BY erasure.token, erasure.key_id
ORDER BY erasure.token;
