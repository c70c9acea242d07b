-- Hours of the week of the last 28 days in which ten accounts or more were active, as a share of
-- the busiest hour.
WITH counted AS (
    SELECT p.user_id AS author, extract(isodow FROM e.created_at)::int - 1 AS weekday,
        extract(hour FROM e.created_at)::int AS hour, count(DISTINCT e.user_id) AS accounts
    FROM user_engagement AS e JOIN posts AS p ON p.id = e.post_id
    WHERE e.user_id <> p.user_id
        AND e.created_at >= %(last)s::date - 27 AND e.created_at < %(last)s::date + 1
    GROUP BY 1, 2, 3
),
levels AS (
    SELECT author, weekday, hour, accounts,
        ceil(4 * accounts::numeric / max(accounts) OVER (PARTITION BY author))::int AS level
    FROM counted
)
SELECT author, weekday, hour, level FROM levels WHERE accounts >= 10
