-- JSON arrays of texts as lists; null where it is none (DuckDB).
-- Locks: none. Safe to re-run: it only computes.
SELECT
    CASE
        WHEN
            json_valid(texts.text)
            AND json_type(texts.text) = 'ARRAY'
            AND NOT list_has_any(
                json_type(texts.text, '$[*]'),
                ['ARRAY', 'OBJECT', 'BOOLEAN', 'BIGINT', 'UBIGINT', 'DOUBLE']
            )
            THEN try_cast(try_cast(texts.text AS JSON) AS VARCHAR[])
    END AS items
FROM texts;
