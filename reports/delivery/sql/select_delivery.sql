-- Whether the outbox knows of a mail; it forgets those of accounts that are gone.
-- Locks: none. Safe to re-run: changes nothing.
SELECT deliveries.state
FROM pipeline.report_deliveries AS deliveries
WHERE
    deliveries.user_id = %(user_id)s
    AND deliveries.period = %(period)s
    AND deliveries.last_day = %(last_day)s;
