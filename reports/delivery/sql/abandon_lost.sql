-- Mails that a sender was handing over when it ended: nobody knows whether the server has them.
-- Locks: rows of ours that no living sender holds. Safe to re-run.
WITH lost AS (
    SELECT
        held.user_id,
        held.period,
        held.last_day
    FROM pipeline.report_deliveries AS held
    WHERE
        held.state = 'sending'
        AND held.sender NOT IN (SELECT living.n FROM pipeline.living_senders() AS living (n))
    ORDER BY held.user_id, held.period, held.last_day
    FOR UPDATE OF held SKIP LOCKED
)

UPDATE pipeline.report_deliveries AS deliveries
SET
    state = 'uncertain',
    sender = NULL,
    last_error = 'the sender ended while the mail was being handed over',
    finished_at = %(now)s
FROM lost
WHERE
    deliveries.user_id = lost.user_id
    AND deliveries.period = lost.period
    AND deliveries.last_day = lost.last_day
    AND deliveries.state = 'sending';
