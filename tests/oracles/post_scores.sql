-- Scores of every day from $first to $last, one day and post at a time, in floating point:
-- all numbers are far below 2^53 and all divisors powers of two, so nothing is lost.
WITH days AS (
    SELECT unnest(generate_series($first::TIMESTAMP, $last::TIMESTAMP, INTERVAL 1 DAY))::DATE AS day
),

states AS (
    SELECT
        days.day,
        ps.*
    FROM days
    INNER JOIN post_states AS ps ON ps.date BETWEEN days.day - 29 AND days.day
    QUALIFY ps.date = max(ps.date) OVER (PARTITION BY days.day, ps.id)
),

weights (engagement_type, weight) AS (
    VALUES ('VIEW', 0.05), ('CLICK', 0.8), ('LIKE', 1), ('SAVE', 2), ('SHARE', 3), ('COMMENT', 10)
),

daily AS (
    SELECT
        pe.post_id,
        pe.date,
        sum(w.weight * pe.audience_value * 100)::BIGINT AS w
    FROM post_engagement AS pe
    INNER JOIN weights AS w ON pe.engagement_type = w.engagement_type
    GROUP BY pe.post_id, pe.date
),

rates AS (
    SELECT
        days.day,
        daily.post_id,
        sum(floor(daily.w / pow(2, days.day - daily.date + 1))) AS total,
        sum(floor(daily.w / 2)) FILTER (WHERE daily.date = days.day) AS of_day
    FROM days
    INNER JOIN daily ON daily.date BETWEEN days.day - 29 AND days.day
    GROUP BY days.day, daily.post_id
),

rounded AS (
    SELECT
        states.day AS date,
        states.id AS post_id,
        states.user_id AS author_id,
        least(greatest(round(coalesce(rates.total, 0) / 100), 0), 9999999999) AS score,
        least(greatest(round(coalesce(rates.of_day, 0) / 100), 0), score) AS from_day
    FROM states
    LEFT JOIN rates ON states.day = rates.day AND states.id = rates.post_id
    WHERE
        (states.deleted_at IS NULL OR states.deleted_at >= states.day + 1)
        AND states.created_at < states.day + 1
        AND (states.created_at >= states.day - 29 OR rates.post_id IS NOT NULL)
)

SELECT
    date,
    post_id,
    author_id,
    (score / 100)::DECIMAL(10, 2) AS engagement_score,
    (from_day / 100)::DECIMAL(10, 2) AS score_from_day,
    (engagement_score - score_from_day)::DECIMAL(10, 2) AS score_from_earlier
FROM rounded
ORDER BY date, post_id
