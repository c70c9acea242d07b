-- Highlighted posts of every day from $first to $last, one query per list.
WITH days AS (
    SELECT unnest(generate_series($first::TIMESTAMP, $last::TIMESTAMP, INTERVAL 1 DAY))::DATE AS day
),

states AS (
    SELECT
        days.day,
        ps.*
    FROM days
    INNER JOIN post_states AS ps ON days.day >= ps.date AND ps.date > days.day - 7
    QUALIFY row_number() OVER (PARTITION BY days.day, ps.id ORDER BY ps.date DESC) = 1
),

posts AS (
    SELECT
        p.day AS date,
        s.post_id,
        p.user_id AS author_id,
        s.engagement_score,
        s.idle_score,
        p.created_at,
        p.created_at > (p.day + 1) - INTERVAL 7 DAY AS is_recent
    FROM states AS p
    INNER JOIN post_scores AS s ON p.day = s.date AND p.id = s.post_id
    WHERE
        p.created_at < p.day + 1
        AND p.visibility = 'PUBLIC'
        AND (p.deleted_at IS NULL OR p.deleted_at >= p.day + 1)
),

diverse AS (
    SELECT *
    FROM posts
    WHERE is_recent
    QUALIFY row_number() OVER (
        PARTITION BY date, author_id
        ORDER BY engagement_score DESC, created_at DESC, hex(post_id) ASC
    ) <= 2
),

creators AS (
    SELECT
        date,
        author_id,
        sum(engagement_score) AS total
    FROM post_scores
    GROUP BY date, author_id
),

small AS (
    SELECT p.*
    FROM posts AS p
    WHERE
        p.is_recent
        AND p.engagement_score > 0
        AND (
            SELECT coalesce(sum(o.engagement_score), 0)
            FROM post_scores AS o
            WHERE o.date = p.date AND o.author_id = p.author_id AND o.post_id <> p.post_id
        ) < (SELECT median(c.total) FROM creators AS c WHERE c.date = p.date AND c.total > 0)
),

lists AS (
    SELECT
        'DIVERSE' AS list,
        *
    FROM diverse
    UNION ALL
    SELECT
        'SMALL_CREATORS' AS list,
        *
    FROM small
    UNION ALL
    SELECT
        'RESURFACING' AS list,
        *
    FROM posts
    WHERE NOT is_recent AND engagement_score > idle_score
)

SELECT
    date,
    list,
    row_number() OVER (
        PARTITION BY date, list
        ORDER BY engagement_score DESC, created_at DESC, hex(post_id) ASC
    ) AS rank,
    post_id,
    author_id,
    engagement_score,
    created_at
FROM lists
QUALIFY rank <= 100
ORDER BY date, list, rank
