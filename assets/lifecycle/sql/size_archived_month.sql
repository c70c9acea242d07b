-- Bytes on disk of the archive's partitions that lie in a window. Locks: none beyond reading.
SELECT coalesce(sum(pg_total_relation_size(leaves.leaf)), 0)::bigint AS size_bytes
FROM pipeline.archived_partitions(%(window_start)s, %(window_end)s) AS leaves (leaf);
