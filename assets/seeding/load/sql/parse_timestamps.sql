-- Texts as UTC microseconds since 1970, and what is wrong with those that are none (DuckDB).
-- A text without an offset is UTC. More than microseconds are cut off.
-- A number alone is a unix time of 1980 to 2199, in seconds, milli-, micro- or nanoseconds: the
-- four ranges do not meet, and 20200131, 202001311230 or 20200131123000 lie in none of them.
-- Behind a point stand parts of a second, or of a thousandth.
-- Locks: none. Safe to re-run: it only computes.
WITH forms AS (
    SELECT
        texts.text,
        try_cast(regexp_extract(texts.text, '^(\d{1,19})(\.\d*)?$', 1) AS BIGINT) AS number,
        rpad(regexp_extract(texts.text, '^\d+\.(\d{0,6})', 1), 6, '0') AS millionths,
        CASE
            WHEN
                regexp_full_match(
                    texts.text,
                    '\d{4,6}-\d{2}-\d{2}( \(BC\))?'
                    || '([ T]\d{2}:\d{2}(:\d{2}(\.\d+)?)? ?(Z|z|UTC|[+-]\d{2}(:?\d{2})?)?)?'
                )
                -- DuckDB takes neither a space before the offset nor a small z.
                THEN regexp_replace(replace(texts.text, 'z', 'Z'), '(:[\d.]+) ([Z+-])', '\1\2')
        END AS moment
    FROM texts
),

moments AS (
    SELECT
        text,
        number,
        CASE
            WHEN number BETWEEN 315532800 AND 7258118399
                THEN make_timestamptz(number * 1000000 + cast(millionths AS BIGINT))
            WHEN number BETWEEN 315532800000 AND 7258118399999
                THEN make_timestamptz(number * 1000 + cast(left(millionths, 3) AS BIGINT))
            WHEN number BETWEEN 315532800000000 AND 7258118399999999 THEN make_timestamptz(number)
            WHEN number BETWEEN 315532800000000000 AND 7258118399999999999
                THEN make_timestamptz(divide(number, 1000))
            ELSE try_cast(moment AS TIMESTAMPTZ)
        END AS moment
    FROM forms
)

SELECT
    CASE
        WHEN moment >= '0001-01-01 00:00:00+00' AND moment < '10000-01-01 00:00:00+00'
            THEN epoch_us(moment)
    END AS value,
    CASE
        WHEN text IS NULL THEN NULL
        WHEN moment IS NULL AND number IS NOT NULL
            THEN 'is no unix time of the years 1980 to 2199'
        WHEN moment IS NULL THEN 'is not a timestamp'
        WHEN moment < '0001-01-01 00:00:00+00' OR moment >= '10000-01-01 00:00:00+00'
            THEN 'is outside the years 1 to 9999'
    END AS problem
FROM moments;
