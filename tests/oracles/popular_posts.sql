-- Popular posts of every day from $first to $last, by the clauses of the platform's view.
WITH days AS (
    SELECT unnest(
        generate_series($first::TIMESTAMP - INTERVAL 1 DAY, $last::TIMESTAMP, INTERVAL 1 DAY)
    )::DATE AS day
),

posts AS (
    SELECT
        days.day,
        ps.*
    FROM days
    INNER JOIN post_states AS ps ON days.day >= ps.date
    QUALIFY row_number() OVER (PARTITION BY days.day, ps.id ORDER BY ps.date DESC) = 1
),

ranking AS (
    SELECT
        p.day,
        s.post_id,
        s.author_id,
        s.engagement_score,
        p.created_at,
        row_number() OVER (
            PARTITION BY p.day ORDER BY s.engagement_score DESC, p.created_at DESC, hex(p.id) ASC
        ) AS rank
    FROM posts AS p
    INNER JOIN post_scores AS s ON p.day = s.date AND p.id = s.post_id
    WHERE
        p.created_at > (p.day + 1) - INTERVAL 7 DAY
        AND p.visibility = 'PUBLIC'
        AND (p.deleted_at IS NULL OR p.deleted_at >= p.day + 1)
    QUALIFY rank <= 1000
)

SELECT
    today.day AS date,
    today.rank,
    today.post_id,
    today.author_id,
    today.engagement_score,
    today.created_at,
    before.rank - today.rank AS rank_change,
    coalesce(['fallen', 'steady', 'risen'][2 + sign(before.rank - today.rank)], 'new') AS reason
FROM ranking AS today
LEFT JOIN ranking AS before ON today.day = before.day + 1 AND today.post_id = before.post_id
WHERE today.day >= $first::DATE
ORDER BY today.day, today.rank
