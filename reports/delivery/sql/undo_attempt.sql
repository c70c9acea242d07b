-- Takes back an attempt of which no server heard: the mail waits as before, or fails when it is old;
-- nothing if the account is gone.
-- Locks: the row. Safe to re-run: an attempt ends once.
UPDATE pipeline.report_deliveries AS deliveries
SET
    state = CASE WHEN deliveries.queued_at <= %(too_old)s THEN 'failed' ELSE 'queued' END,
    waits_for = CASE WHEN deliveries.queued_at > %(too_old)s THEN 'turn' END,
    next_attempt_at = CASE WHEN deliveries.queued_at > %(too_old)s THEN %(now)s::TIMESTAMPTZ END,
    attempts = deliveries.attempts - 1,
    message_id = CASE WHEN deliveries.attempts > 1 THEN deliveries.message_id END,
    last_error = %(reason)s,
    finished_at = CASE WHEN deliveries.queued_at <= %(too_old)s THEN %(now)s::TIMESTAMPTZ END,
    sender = NULL
WHERE
    deliveries.user_id = %(user_id)s
    AND deliveries.period = %(period)s
    AND deliveries.last_day = %(last_day)s
    AND deliveries.state = 'sending'
    AND deliveries.sender = %(sender)s
RETURNING deliveries.state;
