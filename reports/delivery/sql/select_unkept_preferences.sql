-- Choices that the home lacks, or has older ones of.
-- Locks: their rows, so that nobody chooses anew while they are written. Safe to re-run.
SELECT
    preferences.user_id,
    preferences.frequency,
    preferences.changed_at,
    preferences.changed_by
FROM pipeline.report_preferences AS preferences
LEFT JOIN
    unnest(%(user_ids)s::UUID[], %(moments)s::TIMESTAMPTZ[]) AS kept (user_id, changed_at)
    ON preferences.user_id = kept.user_id
WHERE kept.user_id IS NULL OR kept.changed_at < preferences.changed_at
ORDER BY preferences.user_id
FOR UPDATE OF preferences;
