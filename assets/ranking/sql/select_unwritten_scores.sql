-- Batches with posts that were skipped because another session held them: the first post of each.
-- Locks: none. Safe to re-run: reads only.
SELECT DISTINCT ON (planned.batch)
    planned.batch,
    planned.post_id
FROM score_changes AS planned
INNER JOIN posts AS p ON planned.post_id = p.id
WHERE p.engagement_score IS DISTINCT FROM planned.engagement_score
ORDER BY planned.batch, planned.post_id;
