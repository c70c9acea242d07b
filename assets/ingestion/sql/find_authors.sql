-- Authors of posts that exist. Locks: none beyond reading.
SELECT
    uuid_send(posts.id) AS post_id,
    uuid_send(posts.user_id) AS author_id
FROM posts
WHERE posts.id = ANY(%(ids)s::uuid[]);
