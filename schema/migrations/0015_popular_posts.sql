-- The thousand most engaging public posts of the week, and the way to refresh them.
-- The specification's order has ties, which LIMIT would cut at random: created_at and id break them.
-- Refreshing concurrently needs a unique index; only the owner may refresh before PostgreSQL 17.
-- Locks: none that anyone waits for. A refresh takes EXCLUSIVE on popular_posts: readers go on, a
-- second refresh waits.

CREATE MATERIALIZED VIEW popular_posts AS
SELECT
    p.id,
    p.user_id,
    p.content,
    p.likes_count,
    p.comments_count,
    p.engagement_score,
    u.username,
    u.profile_picture
FROM posts AS p
INNER JOIN users AS u ON p.user_id = u.id
WHERE
    p.created_at > CURRENT_DATE - INTERVAL '7 days'
    AND p.visibility = 'PUBLIC'
    AND p.deleted_at IS NULL
ORDER BY p.engagement_score DESC, p.created_at DESC, p.id ASC
LIMIT 1000;

CREATE INDEX idx_popular_posts_score ON popular_posts (engagement_score DESC);
CREATE UNIQUE INDEX idx_popular_posts_id ON popular_posts (id);

-- The week ends with the UTC day, whatever the session's zone.
CREATE FUNCTION refresh_popular_posts() RETURNS VOID
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
SET timezone = 'UTC' AS $$
BEGIN
    -- A restored dump or WITH NO DATA leaves it unpopulated, which CONCURRENTLY refuses.
    IF (SELECT relispopulated FROM pg_class WHERE oid = 'public.popular_posts'::REGCLASS) THEN
        REFRESH MATERIALIZED VIEW CONCURRENTLY public.popular_posts;
    ELSE
        REFRESH MATERIALIZED VIEW public.popular_posts;
    END IF;
END;
$$;

REVOKE ALL ON FUNCTION refresh_popular_posts() FROM PUBLIC;
