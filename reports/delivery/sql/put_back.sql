-- Ends the turn of mails that a sender has taken and not begun to hand over: they wait, or fail.
-- Locks: the rows. Safe to re-run.
UPDATE pipeline.report_deliveries AS deliveries
SET
    state = CASE WHEN deliveries.queued_at <= %(too_old)s THEN 'failed' ELSE 'queued' END,
    waits_for = CASE WHEN deliveries.queued_at > %(too_old)s THEN %(waits_for)s END,
    next_attempt_at = CASE
        WHEN deliveries.queued_at > %(too_old)s THEN %(next_run)s::TIMESTAMPTZ
    END,
    last_error = CASE
        WHEN deliveries.queued_at <= %(too_old)s THEN %(reason)s ELSE deliveries.last_error
    END,
    finished_at = CASE WHEN deliveries.queued_at <= %(too_old)s THEN %(now)s::TIMESTAMPTZ END,
    sender = NULL
WHERE
    deliveries.user_id = ANY(%(creators)s)
    AND deliveries.period = %(period)s
    AND deliveries.last_day = %(last_day)s
    AND deliveries.state = 'queued'
    AND deliveries.sender = %(sender)s
RETURNING deliveries.state;
