-- Texts as numbers of two decimals, rounded half away from zero as PostgreSQL does, and what is
-- wrong with those that are none (DuckDB).
-- Locks: none. Safe to re-run: it only computes.
WITH numbers AS (
    SELECT
        texts.text,
        regexp_full_match(texts.text, '[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?') AS is_number,
        try_cast(texts.text AS DECIMAL(12, 2)) AS number
    FROM texts
)

SELECT
    CASE WHEN is_number THEN number END AS value,
    CASE
        WHEN text IS NULL THEN NULL
        WHEN NOT is_number THEN 'is not a number'
        WHEN number IS NULL THEN 'is too large'
    END AS problem
FROM numbers;
