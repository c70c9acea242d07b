-- The five posts of each creator with most engagement in the period, with what they got.
WITH counted AS (
    SELECT p.user_id AS author, p.id, p.created_at, p.media_type::text AS media_type,
        p.visibility::text AS visibility, p.deleted_at IS NOT NULL AS is_deleted,
        CASE WHEN p.deleted_at IS NULL THEN p.content END AS content,
        (count(*) FILTER (WHERE e.engagement_type = 'VIEW'))::int AS impressions,
        (count(*) FILTER (WHERE e.engagement_type = 'LIKE'))::int AS likes,
        (count(*) FILTER (WHERE e.engagement_type = 'COMMENT'))::int AS comments,
        (count(*) FILTER (WHERE e.engagement_type = 'SHARE'))::int AS shares,
        (count(*) FILTER (WHERE e.engagement_type = 'SAVE'))::int AS saves,
        (count(*) FILTER (WHERE e.engagement_type = 'CLICK'))::int AS clicks,
        (count(*) FILTER (WHERE e.engagement_type <> 'VIEW'))::int AS total
    FROM posts AS p JOIN user_engagement AS e ON e.post_id = p.id
    WHERE e.created_at >= %(first)s AND e.created_at < %(last)s::date + 1
    GROUP BY p.id
),
placed AS (
    SELECT *, row_number() OVER (
        PARTITION BY author ORDER BY total DESC, impressions DESC, created_at DESC, id
    )::int AS place
    FROM counted
)
SELECT author, place, id, created_at, media_type, visibility, is_deleted, content, impressions,
    likes, comments, shares, saves, clicks
FROM placed WHERE place <= 5
ORDER BY author, place
