-- Texts as UTC microseconds since 1970, and what is wrong with those that are none (DuckDB).
-- A text without an offset is UTC. More than microseconds are cut off.
-- Locks: none. Safe to re-run: it only computes.
WITH moments AS (
    SELECT
        texts.text,
        CASE
            WHEN
                regexp_full_match(
                    texts.text,
                    '\d{4,6}-\d{2}-\d{2}( \(BC\))?'
                    || '([ T]\d{2}:\d{2}(:\d{2}(\.\d+)?)? ?(Z|[+-]\d{2}(:?\d{2})?)?)?'
                )
                THEN try_cast(texts.text AS TIMESTAMPTZ)
        END AS moment
    FROM texts
)

SELECT
    CASE
        WHEN moment >= '0001-01-01 00:00:00+00' AND moment < '10000-01-01 00:00:00+00'
            THEN epoch_us(moment)
    END AS value,
    CASE
        WHEN text IS NULL THEN NULL
        WHEN moment IS NULL THEN 'is not a timestamp'
        WHEN moment < '0001-01-01 00:00:00+00' OR moment >= '10000-01-01 00:00:00+00'
            THEN 'is outside the years 1 to 9999'
    END AS problem
FROM moments;
