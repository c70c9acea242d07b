-- Which of these posts moderation has rejected; the case outlives the post.
-- Locks: none. Safe to re-run: changes nothing.
SELECT DISTINCT cases.content_id
FROM content_moderation AS cases
WHERE
    cases.content_type = 'POST'
    AND cases.status = 'REJECTED'
    AND cases.content_id = ANY(%(ids)s::uuid[]);
