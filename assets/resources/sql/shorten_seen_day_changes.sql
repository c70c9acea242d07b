-- Takes published days out of notes that span more than those.
-- Locks: those notes. Safe to re-run: nothing is left to take out.
WITH published AS (
    SELECT range_agg(daterange(days.published_day, days.published_day, '[]')) AS days
    FROM unnest(%(days)s::date[]) AS days (published_day)
)

UPDATE pipeline.day_changes AS noted
SET days = noted.days - published.days
FROM published
WHERE
    noted.days && published.days
    AND (
        pg_visible_in_snapshot(noted.xid, %(seen)s::pg_snapshot)
        OR noted.xid >= pg_snapshot_xmax(pg_current_snapshot())
    );
