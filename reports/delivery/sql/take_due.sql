-- Takes the next mails of one report period for a sender: those due that no living sender has.
-- Tells with each whether the platform verifies addresses: found once for all of them, since the
-- gate, which asks it of each mail, would read all users of a platform that verifies none.
-- Locks: the rows taken, until the statement ends. Safe to re-run: it takes the next ones.
WITH oldest AS (
    SELECT
        due.period,
        due.last_day
    FROM pipeline.report_deliveries AS due
    WHERE
        due.state = 'queued'
        AND due.next_attempt_at <= %(now)s
        AND (
            due.sender IS NULL
            OR due.sender NOT IN (SELECT living.n FROM pipeline.living_senders() AS living (n))
        )
    ORDER BY due.last_day, due.period
    LIMIT 1
),

chosen AS (
    SELECT
        due.user_id,
        due.period,
        due.last_day
    FROM pipeline.report_deliveries AS due
    INNER JOIN oldest ON due.period = oldest.period AND due.last_day = oldest.last_day
    WHERE
        due.state = 'queued'
        AND due.next_attempt_at <= %(now)s
        AND (
            due.sender IS NULL
            OR due.sender NOT IN (SELECT living.n FROM pipeline.living_senders() AS living (n))
        )
    ORDER BY due.user_id
    LIMIT %(most)s
    FOR UPDATE OF due SKIP LOCKED
)

UPDATE pipeline.report_deliveries AS deliveries
SET sender = %(sender)s
FROM chosen, users
WHERE
    deliveries.user_id = chosen.user_id
    AND deliveries.period = chosen.period
    AND deliveries.last_day = chosen.last_day
    AND users.id = deliveries.user_id
RETURNING
    deliveries.user_id,
    deliveries.period,
    deliveries.last_day,
    deliveries.attempts,
    deliveries.queued_at,
    users.email,
    EXISTS (
        SELECT
        FROM users AS verified
        WHERE verified.email_verified_at IS NOT NULL
    ) AS is_verifying;
