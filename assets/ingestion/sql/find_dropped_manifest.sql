-- Digest of the manifest for which a month was dropped last. Locks: none.
-- Safe to re-run: changes nothing.
SELECT cold.manifest_sha256
FROM pipeline.cold_months AS cold
WHERE cold.month = %(month)s;
