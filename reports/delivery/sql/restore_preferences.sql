-- Gives the table choices that were kept in the home and are newer than what it has.
-- Locks: rows of ours. Safe to re-run: the newest choice holds.
INSERT INTO pipeline.report_preferences AS held (user_id, frequency, changed_at, changed_by)
SELECT
    users.id,
    kept.frequency,
    kept.changed_at,
    kept.changed_by
FROM
    unnest(
        %(user_ids)s::UUID[],
        %(frequencies)s::TEXT[],
        %(moments)s::TIMESTAMPTZ[],
        %(changed_by)s::TEXT[]
    ) AS kept (user_id, frequency, changed_at, changed_by)
INNER JOIN users ON kept.user_id = users.id
ORDER BY users.id
ON CONFLICT (user_id) DO UPDATE
    SET
        frequency = excluded.frequency,
        changed_at = excluded.changed_at,
        changed_by = excluded.changed_by
    WHERE held.changed_at < excluded.changed_at;
