-- The oldest transaction that is open, and the partitions of the archive in a window: what a count that
-- begins after this is of. Locks: none. Safe to re-run: changes nothing.
SELECT
    pg_snapshot_xmin(pg_current_snapshot())::text AS xmin,
    ARRAY(
        SELECT leaves.leaf::oid
        FROM pipeline.archived_partitions(%(window_start)s, %(window_end)s) AS leaves (leaf)
    ) AS leaves;
