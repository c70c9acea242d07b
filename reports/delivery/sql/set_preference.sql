-- Notes how often a creator wants reports; an account that is gone wants none.
-- Each is later than the one before, whatever the clock says: the later one is the newer one.
-- Locks: the row. Safe to re-run: the newest choice holds.
INSERT INTO pipeline.report_preferences AS held (user_id, frequency, changed_at, changed_by)
SELECT
    users.id,
    %(frequency)s AS frequency,
    %(now)s::TIMESTAMPTZ AS changed_at,
    %(changed_by)s AS changed_by
FROM users
WHERE users.id = %(user_id)s
ON CONFLICT (user_id) DO UPDATE
    SET
        frequency = excluded.frequency,
        changed_at = greatest(
            excluded.changed_at, held.changed_at + INTERVAL '1 microsecond'
        ),
        changed_by = excluded.changed_by
RETURNING held.changed_at;
