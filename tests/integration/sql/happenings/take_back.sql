DELETE FROM user_engagement WHERE id = (
    SELECT id FROM user_engagement ORDER BY id
    OFFSET %(number)s %% (SELECT greatest(count(*), 1) FROM user_engagement) LIMIT 1
)
