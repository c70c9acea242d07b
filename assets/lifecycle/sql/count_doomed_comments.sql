-- Comments by the account or under its posts, with all that answers them, wherever that is.
-- Locks: none. Safe to re-run: changes nothing.
WITH RECURSIVE own_posts AS (
    SELECT id FROM posts
    WHERE user_id = %(account)s
),

doomed AS (
    SELECT id FROM comments
    WHERE user_id = %(account)s
    UNION
    SELECT comments.id
    FROM comments
    INNER JOIN own_posts ON comments.post_id = own_posts.id
    UNION
    SELECT comments.id
    FROM comments
    INNER JOIN doomed ON comments.parent_id = doomed.id
)

SELECT count(*) AS row_count FROM doomed;
