-- Draws the number of a sender and holds its lock until the session ends.
-- Locks: that advisory lock, which nobody else takes. Safe to re-run: another number.
WITH drawn AS MATERIALIZED (
    SELECT nextval('pipeline.report_senders')::INTEGER AS sender
)

SELECT
    drawn.sender,
    pg_advisory_lock(hashtext('sociallive|report sender'), drawn.sender) AS locked
FROM drawn;
