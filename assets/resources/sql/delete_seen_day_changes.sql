-- Removes notes about days that are published from a state that saw what they tell of.
-- A note from before a restore may bear the number of a transaction that has not been yet.
-- Locks: those notes. Safe to re-run: nothing is left to remove.
DELETE FROM pipeline.day_changes AS noted
WHERE
    noted.days <@ (
        SELECT range_agg(daterange(days.published_day, days.published_day, '[]'))
        FROM unnest(%(days)s::date[]) AS days (published_day)
    )
    AND (
        pg_visible_in_snapshot(noted.xid, %(seen)s::pg_snapshot)
        OR noted.xid >= pg_snapshot_xmax(pg_current_snapshot())
    );
