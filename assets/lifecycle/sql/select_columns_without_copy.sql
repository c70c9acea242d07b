-- Columns with values in a window of the archive that a copy in the cold store does not have.
-- Locks: none beyond reading.
SELECT added.column_name
FROM pipeline.columns_without_copy(%(window_start)s, %(window_end)s) AS added (column_name);
