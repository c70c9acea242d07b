-- Fails a mail that cannot be sent to its address at all.
-- Locks: the row. Safe to re-run.
UPDATE pipeline.report_deliveries AS deliveries
SET
    state = 'failed',
    waits_for = NULL,
    next_attempt_at = NULL,
    last_error = %(reason)s,
    finished_at = %(now)s,
    sender = NULL
WHERE
    deliveries.user_id = %(user_id)s
    AND deliveries.period = %(period)s
    AND deliveries.last_day = %(last_day)s
    AND deliveries.state = 'queued'
    AND deliveries.sender = %(sender)s
RETURNING deliveries.state;
