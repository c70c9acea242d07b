-- Independent statement of the retention triangle: weekly cohorts of at least 10 accounts.
WITH
shown AS (
    SELECT
        users.id,
        CAST(date_trunc('week', users.created_at) AS DATE) AS cohort
    FROM users
    WHERE users.date BETWEEN (SELECT min(days.date) FROM days) AND (SELECT max(days.date) FROM days)
),

sizes AS (
    SELECT
        cohort,
        count(*) AS accounts
    FROM shown
    GROUP BY cohort
    HAVING count(*) >= 10
),

weeks AS (SELECT DISTINCT CAST(date_trunc('week', days.date) AS DATE) AS week FROM days)

SELECT
    sizes.cohort,
    sizes.accounts,
    (weeks.week - sizes.cohort) // 7 AS weeks_later,
    (
        SELECT count(*)
        FROM shown
        WHERE
            shown.cohort = sizes.cohort
            AND EXISTS (
                SELECT 1 FROM user_activity
                WHERE
                    user_activity.user_id = shown.id
                    AND user_activity.date BETWEEN weeks.week AND weeks.week + 6
            )
    ) AS active
FROM sizes
INNER JOIN weeks ON weeks.week > sizes.cohort
ORDER BY sizes.cohort, weeks_later
