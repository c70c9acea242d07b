-- Accounts reached, new and returning per creator; groups of fewer than ten are not shown.
WITH visits AS (
    SELECT DISTINCT p.user_id AS author, e.user_id AS account, e.created_at::date AS day
    FROM user_engagement AS e JOIN posts AS p ON p.id = e.post_id
    WHERE e.user_id <> p.user_id
),
reached AS (
    SELECT DISTINCT v.author, v.account, EXISTS (
        SELECT FROM visits AS b
        WHERE b.author = v.author AND b.account = v.account
            AND b.day >= %(before)s AND b.day < %(first)s
    ) AS came_back
    FROM visits AS v WHERE v.day BETWEEN %(first)s AND %(last)s
),
counted AS (
    SELECT author, count(*)::int AS accounts,
        (count(*) FILTER (WHERE NOT came_back))::int AS new_ones,
        (count(*) FILTER (WHERE came_back))::int AS back
    FROM reached GROUP BY author
)
SELECT author, CASE WHEN accounts >= 10 THEN accounts END,
    CASE WHEN least(new_ones, back) >= 10 THEN new_ones END,
    CASE WHEN least(new_ones, back) >= 10 THEN back END
FROM counted
