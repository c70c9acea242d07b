UPDATE posts SET deleted_at = coalesce(%(at)s::timestamp, CURRENT_TIMESTAMP) WHERE id = (
    SELECT id FROM posts ORDER BY id
    OFFSET %(number)s %% (SELECT greatest(count(*), 1) FROM posts) LIMIT 1
)
