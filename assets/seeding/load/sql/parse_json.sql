-- JSON texts, and what is wrong with those that PostgreSQL's jsonb would not take (DuckDB).
-- DuckDB's own check also lets through NaN, comments and trailing commas: they are looked for
-- outside of the strings. The limits on numbers and brackets are within those of jsonb.
-- Locks: none. Safe to re-run: it only computes.
WITH outlines AS (
    SELECT
        texts.text,
        regexp_replace(texts.text, '"([^"\\]|\\.)*"', '""', 'g') AS outline
    FROM texts
)

SELECT
    text AS value,
    CASE
        WHEN text IS NULL THEN NULL
        WHEN
            NOT json_valid(text)
            OR regexp_matches(outline, '[nN][aA][nN]|[iI]nf|/|,\s*[\]}]')
            THEN 'is not JSON'
        WHEN
            contains(text, chr(0)) OR regexp_matches(text, '(^|[^\\])(\\\\)*\\u0000')
            THEN 'contains a NUL character'
        WHEN
            regexp_matches(outline, '[eE][+-]?\d{4}|\d{1000}')
            THEN 'holds a number that is too long'
        WHEN
            length(outline) - length(regexp_replace(outline, '[\[{]', '', 'g')) > 5000
            THEN 'has more than 5000 opening brackets'
    END AS problem
FROM outlines;
