-- Popular posts of every day from $first to $last, by the clauses of the platform's view, and the
-- movement of each, by comparing every post that stayed with every other one (decision 0012).
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

eligible AS (
    SELECT
        p.day,
        s.post_id,
        s.author_id,
        s.engagement_score,
        p.created_at,
        row(-s.engagement_score, -epoch_us(p.created_at), hex(p.id)) AS place,
        row(-s.idle_score, -epoch_us(p.created_at), hex(p.id)) AS idle_place,
        row_number() OVER (
            PARTITION BY p.day ORDER BY s.engagement_score DESC, p.created_at DESC, hex(p.id) ASC
        ) AS rank
    FROM posts AS p
    INNER JOIN post_scores AS s ON p.day = s.date AND p.id = s.post_id
    WHERE
        p.created_at > (p.day + 1) - INTERVAL 7 DAY
        AND p.created_at < p.day + 1
        AND p.visibility = 'PUBLIC'
        AND (p.deleted_at IS NULL OR p.deleted_at >= p.day + 1)
),

stayed AS (
    SELECT
        today.day,
        today.post_id,
        today.rank AS end_rank,
        today.place,
        today.idle_place,
        before.rank AS start_rank,
        before.place AS place_before
    FROM eligible AS today
    INNER JOIN eligible AS before
        ON today.day = before.day + 1 AND today.post_id = before.post_id
),

steps AS (
    SELECT
        me.day,
        me.post_id,
        me.start_rank,
        me.end_rank,
        1 + count(*) FILTER (other.place_before < me.place_before) AS without_leavers,
        1 + count(*) FILTER (other.place_before < me.idle_place) AS faded,
        1 + count(*) FILTER (other.place_before < me.place) AS grown,
        1 + count(*) FILTER (other.place < me.place) AS overtaken
    FROM stayed AS me
    LEFT JOIN stayed AS other ON me.day = other.day AND me.post_id <> other.post_id
    GROUP BY ALL
),

movements AS (
    SELECT
        day,
        post_id,
        faded - grown AS own_growth,
        without_leavers - faded AS decay,
        grown - overtaken AS others_growth,
        (start_rank - without_leavers) + (overtaken - end_rank) AS eligibility
    FROM steps
    WHERE start_rank <= 1000
)

SELECT
    today.day AS date,
    today.rank,
    today.post_id,
    today.author_id,
    today.engagement_score,
    today.created_at,
    before.rank - today.rank AS rank_change,
    coalesce(['fallen', 'steady', 'risen'][2 + sign(before.rank - today.rank)], 'new') AS reason,
    m.own_growth,
    m.decay,
    m.others_growth,
    m.eligibility,
    CASE
        WHEN m.post_id IS NULL THEN NULL
        WHEN before.rank = today.rank THEN 'none'
        WHEN before.rank > today.rank THEN
            CASE greatest(m.own_growth, m.decay, m.others_growth, m.eligibility)
                WHEN m.own_growth THEN 'own_growth'
                WHEN m.decay THEN 'decay'
                WHEN m.others_growth THEN 'others_growth'
                ELSE 'eligibility'
            END
        ELSE
            CASE least(m.own_growth, m.decay, m.others_growth, m.eligibility)
                WHEN m.own_growth THEN 'own_growth'
                WHEN m.decay THEN 'decay'
                WHEN m.others_growth THEN 'others_growth'
                ELSE 'eligibility'
            END
    END AS main_cause
FROM eligible AS today
LEFT JOIN eligible AS before
    ON today.day = before.day + 1 AND today.post_id = before.post_id AND before.rank <= 1000
LEFT JOIN movements AS m ON today.day = m.day AND today.post_id = m.post_id
WHERE today.day >= $first::DATE AND today.rank <= 1000
ORDER BY today.day, today.rank
