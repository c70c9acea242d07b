-- Make the month partitions that a span of days needs.
-- Locks: as ensure_engagement_partitions(), to the end of the transaction; none if no month misses.
-- Safe to re-run: months that exist are left alone.
SELECT ensure_engagement_partitions(%(first)s, %(last)s);
