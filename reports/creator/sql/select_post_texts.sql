-- What creators wrote in posts of theirs, cut to what a report can show. A post counts as the
-- creator's own by the row of the platform, not by what the lake says; deleted ones have no text.
-- Locks: none beyond reading. Safe to re-run: it only reads.
SELECT
    uuid_send(posts.id) AS post_id,
    posts.deleted_at IS NOT NULL AS is_deleted,
    CASE WHEN posts.deleted_at IS NULL THEN left(posts.content, %(characters)s) END AS text
FROM unnest(%(posts)s::uuid[], %(authors)s::uuid[]) AS shown (post_id, author_id)
INNER JOIN posts ON shown.post_id = posts.id AND shown.author_id = posts.user_id;
