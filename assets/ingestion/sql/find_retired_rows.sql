-- Source tables that have lost raw rows by retention, and the day before which they have.
-- Locks: none. Safe to re-run: changes nothing.
SELECT
    retired.source_table,
    retired.retired_before
FROM pipeline.retired_rows AS retired;
