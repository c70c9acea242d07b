-- How far sequences have counted that only go up. Locks: none beyond reading.
-- Safe to re-run: changes nothing.
SELECT
    sequences.schemaname || '.' || sequences.sequencename AS sequence_name,
    coalesce(sequences.last_value, 0) AS last_value
FROM pg_catalog.pg_sequences AS sequences
WHERE
    sequences.schemaname !~ '^pg_'
    AND sequences.increment_by > 0
    AND NOT sequences.cycle
ORDER BY sequence_name;
