-- Per day, the rows of user_analytics that only the lake or only PostgreSQL has. Rows of the lake
-- whose account no longer exists cannot be in PostgreSQL: they are counted apart.
-- Locks: none beyond reading. Safe to re-run: changes nothing.
WITH published AS (
    SELECT
        known.date,
        known.user_id
    FROM user_analytics AS known
    WHERE known.date = ANY(%(days)s::date[])
),

paired AS (
    SELECT
        coalesce(lake.date, published.date) AS date,
        coalesce(lake.user_id, published.user_id) AS user_id,
        lake.user_id IS NULL OR published.user_id IS NULL AS is_alone,
        lake.user_id IS NOT NULL AND users.id IS NULL AS is_deleted
    FROM lake_user_analytics AS lake
    FULL JOIN published ON lake.date = published.date AND lake.user_id = published.user_id
    LEFT JOIN users ON lake.user_id = users.id
)

SELECT
    paired.date,
    count(*) AS compared,
    count(*) FILTER (WHERE paired.is_alone) AS differing,
    count(*) FILTER (WHERE paired.is_alone AND paired.is_deleted) AS deleted,
    count(*) FILTER (WHERE paired.is_alone AND NOT paired.is_deleted) AS unexplained,
    (
        array_agg(paired.user_id::text ORDER BY paired.user_id ASC)
        FILTER (WHERE paired.is_alone AND NOT paired.is_deleted)
    )[1:5] AS examples
FROM paired
GROUP BY paired.date
ORDER BY paired.date;
