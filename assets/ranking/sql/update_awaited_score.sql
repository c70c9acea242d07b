-- Writes the score of one post that another session held a moment ago.
-- Locks: that one row; waits for it up to lock_timeout while it holds no other row.
-- Safe to re-run: a score that is already written is not written again.
UPDATE posts AS p
SET engagement_score = planned.engagement_score
FROM score_changes AS planned
WHERE
    planned.batch = %(batch)s
    AND planned.post_id = %(post_id)s
    AND p.id = planned.post_id
    AND p.engagement_score IS DISTINCT FROM planned.engagement_score;
