-- Says that a mail is being handed over from now on, or that it is not wanted any more; nothing if
-- the account is gone or another sender has the mail. The one gate: only what passes it is sent.
-- Locks: the row. Safe to re-run: a mail passes once.
WITH recipient AS (
    SELECT
        users.deleted_at IS NULL
        AND users.is_active IS TRUE
        AND users.email = %(email)s
        AND (
            %(reaches_anyone)s
            OR (
                users.email !~* '(@|\.)invalid\.?$'
                AND (users.email_verified_at IS NOT NULL OR NOT %(is_verifying)s)
            )
        )
        AND coalesce(preferences.frequency, 'weekly') = %(frequency)s AS is_wanted
    FROM users
    LEFT JOIN pipeline.report_preferences AS preferences ON users.id = preferences.user_id
    WHERE users.id = %(user_id)s
)

UPDATE pipeline.report_deliveries AS deliveries
SET
    state = CASE WHEN recipient.is_wanted THEN 'sending' ELSE 'stopped' END,
    waits_for = NULL,
    next_attempt_at = NULL,
    last_error = NULL,
    sender = CASE WHEN recipient.is_wanted THEN deliveries.sender END,
    attempts = deliveries.attempts + recipient.is_wanted::INTEGER,
    message_id = CASE
        WHEN recipient.is_wanted THEN %(message_id)s ELSE deliveries.message_id
    END,
    finished_at = CASE WHEN NOT recipient.is_wanted THEN %(now)s::TIMESTAMPTZ END
FROM recipient
WHERE
    deliveries.user_id = %(user_id)s
    AND deliveries.period = %(period)s
    AND deliveries.last_day = %(last_day)s
    AND deliveries.state = 'queued'
    AND deliveries.sender = %(sender)s
RETURNING deliveries.state;
