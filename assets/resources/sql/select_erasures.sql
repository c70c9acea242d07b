-- Erasures, whether the platform's tables are done with each, and whether a state saw that.
-- A restored database may bear numbers of transactions that have not been yet.
-- Locks: none. Safe to re-run: changes nothing.
SELECT
    erasure.token,
    erasure.key_id,
    erasure.removed_xid IS NOT NULL AS is_removed,
    coalesce(
        pg_visible_in_snapshot(erasure.removed_xid, %(seen)s::pg_snapshot)
        OR erasure.removed_xid >= pg_snapshot_xmax(pg_current_snapshot()),
        FALSE
    ) AS is_seen
FROM pipeline.erasures AS erasure
ORDER BY erasure.requested_at, erasure.token;
