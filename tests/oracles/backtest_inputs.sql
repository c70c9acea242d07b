-- Candidates of every day from $first to $last with what they had got and got next, event cells as
-- they are: no rollup per day, each amount a sum of its own over the cells.
WITH days AS (
    SELECT
        unnest(generate_series($first::TIMESTAMP, $last::TIMESTAMP, INTERVAL 1 DAY))::DATE AS day
),

weights (engagement_type, weight) AS (
    VALUES ('VIEW', 5), ('CLICK', 80), ('LIKE', 100), ('SAVE', 200), ('SHARE', 300), ('COMMENT', 1000)
),

cells AS (
    SELECT
        pe.post_id,
        pe.author_id,
        pe.date::TIMESTAMP + (pe.hour + 1) * INTERVAL 1 HOUR AS at,
        w.weight * (pe.audience_value - pe.coordinated_value) AS amount
    FROM post_engagement AS pe
    INNER JOIN weights AS w ON pe.engagement_type = w.engagement_type
),

states AS (
    SELECT
        days.day,
        ps.*
    FROM days
    INNER JOIN post_states AS ps ON ps.date BETWEEN days.day - 29 AND days.day
    QUALIFY ps.date = max(ps.date) OVER (PARTITION BY days.day, ps.id)
),

candidates AS (
    SELECT
        states.day,
        states.day::TIMESTAMP + INTERVAL 1 DAY AS day_end,
        states.id,
        states.user_id,
        states.created_at,
        scores.engagement_score
    FROM states
    INNER JOIN post_scores AS scores ON states.day = scores.date AND states.id = scores.post_id
    WHERE
        (states.deleted_at IS NULL OR states.deleted_at >= states.day + 1)
        AND states.created_at >= states.day - 6
        AND states.created_at < states.day + 1
)

SELECT
    c.day AS date,
    c.id AS post_id,
    c.user_id AS author_id,
    c.created_at,
    c.engagement_score,
    (
        SELECT coalesce(sum(cells.amount), 0) FROM cells
        WHERE cells.post_id = c.id AND cells.at > c.day - 29 AND cells.at <= c.day_end
    )::BIGINT AS weighted,
    (
        SELECT coalesce(sum(cells.amount), 0) FROM cells
        WHERE
            cells.post_id = c.id
            AND cells.at > c.day_end - INTERVAL 24 HOUR AND cells.at <= c.day_end
    )::BIGINT AS last_day,
    (
        SELECT coalesce(sum(cells.amount), 0) FROM cells
        WHERE
            cells.post_id = c.id
            AND cells.at > c.day_end - INTERVAL 6 HOUR AND cells.at <= c.day_end
    )::BIGINT AS last_hours,
    (
        SELECT
            coalesce(sum(cells.amount * pow(0.5, epoch(c.day_end - cells.at) / 3600 / 24)), 0)
        FROM cells
        WHERE cells.post_id = c.id AND cells.at > c.day - 29 AND cells.at <= c.day_end
    )::DOUBLE AS decayed,
    (
        SELECT coalesce(sum(cells.amount), 0) FROM cells
        WHERE cells.author_id = c.user_id AND cells.at > c.day - 29 AND cells.at <= c.day_end
    )::BIGINT AS author_weighted,
    (
        SELECT greatest(coalesce(sum(cells.amount), 0), 0) FROM cells
        WHERE
            cells.post_id = c.id
            AND cells.at > c.day_end AND cells.at <= c.day_end + INTERVAL 24 HOUR
    )::BIGINT AS target
FROM candidates AS c
ORDER BY date, post_id
