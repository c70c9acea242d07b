-- What archiving with this cut-off would do, oldest month first.
-- Locks: none beyond reading. Safe to re-run: changes nothing.
SELECT
    month_start,
    way,
    until,
    moved_rows,
    attached_rows,
    byte_count
FROM pipeline.plan_engagement_archive(%(cut_off)s, %(attachable_rows)s);
