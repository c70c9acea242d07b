-- HMAC-SHA256 of each value (DuckDB): $inner and $outer are the key's block XORed with 0x36 and 0x5c.
-- Locks: none. Safe to re-run: it only computes.
SELECT unhex(sha256($outer::BLOB || unhex(sha256($inner::BLOB || text)))) AS digest
FROM texts;
