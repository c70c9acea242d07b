-- The UUID of each id (DuckDB): a text that is a UUID in canonical form, any other as RFC 9562
-- version 5, the SHA-1 of namespace and text with version and variant set.
-- Locks: none. Safe to re-run: it only computes.
WITH digests AS (
    SELECT
        text,
        CASE
            WHEN
                regexp_full_match(
                    text, '[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|[0-9a-fA-F]{32}'
                )
                THEN replace(lower(text), '-', '')
        END AS given,
        sha1($namespace::BLOB || encode(text)) AS digest
    FROM texts
),

digits AS (
    SELECT
        coalesce(
            given,
            substr(digest, 1, 12)
            || '5'
            || substr(digest, 14, 3)
            || translate(substr(digest, 17, 1), '0123456789abcdef', '89ab89ab89ab89ab')
            || substr(digest, 18, 15)
        ) AS hex
    FROM digests
)

SELECT
    substr(hex, 1, 8)
    || '-' || substr(hex, 9, 4)
    || '-' || substr(hex, 13, 4)
    || '-' || substr(hex, 17, 4)
    || '-' || substr(hex, 21, 12) AS id
FROM digits;
