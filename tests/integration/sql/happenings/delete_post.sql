DELETE FROM posts WHERE id = (
    SELECT id FROM posts ORDER BY id
    OFFSET %(number)s %% (SELECT greatest(count(*), 1) FROM posts) LIMIT 1
)
