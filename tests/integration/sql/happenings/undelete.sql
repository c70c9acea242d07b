UPDATE posts SET deleted_at = NULL WHERE id = (
    SELECT id FROM posts WHERE deleted_at IS NOT NULL ORDER BY id
    OFFSET %(number)s %% (SELECT greatest(count(*), 1) FROM posts WHERE deleted_at IS NOT NULL)
    LIMIT 1
)
