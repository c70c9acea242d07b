-- The moment before which rows must have expired to be removed by one run: 30 days ago, UTC.
-- Locks: none.
SELECT (now() AT TIME ZONE 'UTC') - INTERVAL '30 days';
