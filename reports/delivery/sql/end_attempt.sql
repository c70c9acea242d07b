-- Records how handing a mail over ended; nothing if the account is gone.
-- Locks: the row. Safe to re-run: an attempt ends once.
UPDATE pipeline.report_deliveries AS deliveries
SET
    state = %(state)s,
    waits_for = %(waits_for)s,
    next_attempt_at = %(next_attempt_at)s,
    last_error = %(last_error)s,
    finished_at = %(finished_at)s,
    sender = NULL
WHERE
    deliveries.user_id = %(user_id)s
    AND deliveries.period = %(period)s
    AND deliveries.last_day = %(last_day)s
    AND deliveries.state = 'sending'
    AND deliveries.sender = %(sender)s
RETURNING deliveries.state;
