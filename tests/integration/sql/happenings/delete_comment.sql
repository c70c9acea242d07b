DELETE FROM comments WHERE id = (
    SELECT id FROM comments ORDER BY id
    OFFSET %(number)s %% (SELECT greatest(count(*), 1) FROM comments) LIMIT 1
)
