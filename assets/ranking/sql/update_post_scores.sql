-- Writes one batch of changed scores.
-- Locks: FOR NO KEY UPDATE on the batch's posts, in id order, until the batch commits; a post that
-- another session holds is skipped, so that this session waits for no row while it holds others.
-- Safe to re-run: a score that is already written is not written again.
WITH planned AS (
    SELECT
        changes.post_id,
        changes.engagement_score
    FROM score_changes AS changes
    WHERE changes.batch = %(batch)s
),

locked AS MATERIALIZED (
    SELECT
        p.id,
        planned.engagement_score
    FROM planned
    INNER JOIN posts AS p ON planned.post_id = p.id
    WHERE p.engagement_score IS DISTINCT FROM planned.engagement_score
    ORDER BY p.id
    FOR NO KEY UPDATE OF p SKIP LOCKED
)

UPDATE posts AS p
SET engagement_score = locked.engagement_score
FROM locked
WHERE p.id = locked.id;
