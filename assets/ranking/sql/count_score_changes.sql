-- Counts of the plan: batches, posts that left the set, scores whose post does not exist any more.
-- Locks: none. Safe to re-run: reads only.
WITH orphans AS (
    SELECT staged.post_id
    FROM staged_scores AS staged
    LEFT JOIN posts AS p ON staged.post_id = p.id
    WHERE p.id IS NULL
)

SELECT
    coalesce(max(planned.batch) + 1, 0) AS batches,
    count(planned.post_id) FILTER (WHERE planned.has_left) AS posts_left,
    (SELECT count(*) FROM orphans) AS set_aside
FROM score_changes AS planned;
