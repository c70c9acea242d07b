-- Notes that ended days of a span have got rows of a table, in one note for all of them.
-- Locks: none that anyone waits for. Safe to re-run: a day noted twice is read once.
SELECT
    pipeline.note_day_change(
        %(table)s,
        %(first)s::timestamptz AT TIME ZONE 'UTC',
        %(last)s::timestamptz AT TIME ZONE 'UTC',
        0, NULL
    );
