-- Move a batch of the month's rows into the archive; how many, and the newest of them.
-- Locks: those rows. Safe to re-run: moves the next ones.
SELECT
    moved,
    newest
FROM pipeline.move_engagement_rows(
    %(month)s, %(from_at)s, %(until)s, %(most)s, %(patience_ms)s
);
