-- Whole months ahead that have partitions, and rows that lie in the default partition.
-- Locks: none beyond reading. Safe to re-run: changes nothing.
SELECT
    months_ahead,
    waiting_rows,
    out_of_range_rows
FROM pipeline.engagement_head_room(%(today)s, %(most)s);
