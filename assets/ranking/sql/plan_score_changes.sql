-- Finds the posts whose score must change, in id order: scored ones that differ, and ones that are
-- not scored any more (they get 0 once), be it that they were deleted since the scored day. Posts
-- created after that day were never in the set.
-- Locks: none on posts (one scan of four columns). Safe to re-run: the table is made anew.
WITH facts AS (
    SELECT
        %(batch_rows)s AS rows_each,
        %(day_end)s::timestamptz AT TIME ZONE 'UTC' AS ended_at
)

INSERT INTO score_changes (batch, post_id, engagement_score, has_left)
SELECT
    (row_number() OVER (ORDER BY p.id) - 1) / facts.rows_each AS batch,
    p.id AS post_id,
    coalesce(staged.engagement_score, 0) AS engagement_score,
    staged.post_id IS NULL AS has_left
FROM posts AS p
CROSS JOIN facts
LEFT JOIN staged_scores AS staged ON p.id = staged.post_id AND p.deleted_at IS NULL
WHERE
    p.engagement_score IS DISTINCT FROM coalesce(staged.engagement_score, 0)
    AND (staged.post_id IS NOT NULL OR p.created_at < facts.ended_at)
ORDER BY p.id;
