-- Adds up the notes of each table and span of days; what adds up to nothing goes.
-- Notes about days that are being written stay apart: their run has seen some of them, others not.
-- The sum bears its newest note's number: a state that has seen all of them has seen it, too.
-- Locks: those notes; one that another run is just removing is left to it.
-- Safe to re-run: sums of sums.
WITH added AS (
    SELECT noted.ctid AS place
    FROM pipeline.day_changes AS noted
    WHERE
        noted.xid < pg_snapshot_xmin(pg_current_snapshot())
        AND NOT EXISTS (
            SELECT FROM pipeline.partition_ledger AS ledger
            WHERE ledger.state = 'writing' AND noted.days @> ledger.partition_date
        )
    FOR UPDATE SKIP LOCKED
),

removed AS (
    DELETE FROM pipeline.day_changes AS noted
    USING added
    WHERE noted.ctid = added.place
    RETURNING
        noted.table_name,
        noted.days,
        noted.row_delta,
        noted.fingerprint_delta,
        noted.xid,
        noted.noted_at
)

INSERT INTO pipeline.day_changes (
    table_name, days, row_delta, fingerprint_delta, xid, noted_at
)
SELECT
    removed.table_name,
    removed.days,
    sum(removed.row_delta) AS row_delta,
    CASE
        WHEN bool_and(removed.fingerprint_delta IS NOT NULL) THEN sum(removed.fingerprint_delta)
    END AS fingerprint_delta,
    max(removed.xid) AS xid,
    min(removed.noted_at) AS noted_at
FROM removed
GROUP BY removed.table_name, removed.days
HAVING
    sum(removed.row_delta) <> 0
    OR sum(removed.fingerprint_delta) <> 0
    OR bool_or(removed.fingerprint_delta IS NULL);
