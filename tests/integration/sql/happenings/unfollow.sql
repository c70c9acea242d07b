DELETE FROM user_followers WHERE id = (
    SELECT id FROM user_followers ORDER BY id
    OFFSET %(number)s %% (SELECT greatest(count(*), 1) FROM user_followers) LIMIT 1
)
