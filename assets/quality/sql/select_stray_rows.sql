-- Engagement in the default partition: rows that wait for their month, and rows out of every range.
-- Locks: none beyond reading. Safe to re-run: changes nothing.
SELECT
    waiting_rows,
    out_of_range_rows
FROM pipeline.engagement_head_room(%(today)s, %(most)s);
