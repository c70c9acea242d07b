-- JSON arrays of texts as lists, and what is wrong with those that are none (DuckDB).
-- Locks: none. Safe to re-run: it only computes.
WITH lists AS (
    SELECT
        texts.text,
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
    FROM texts
)

SELECT
    items AS value,
    CASE
        WHEN text IS NULL THEN NULL
        WHEN items IS NULL THEN 'is not a list of texts'
        WHEN contains(array_to_string(items, ''), chr(0)) THEN 'contains a NUL character'
    END AS problem
FROM lists;
