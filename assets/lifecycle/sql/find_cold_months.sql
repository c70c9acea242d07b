-- Months whose archived rows were dropped, and the manifest that proved them.
-- Locks: none beyond reading.
SELECT
    cold.month,
    cold.manifest_sha256
FROM pipeline.cold_months AS cold
ORDER BY cold.month;
