-- Mails per state, and what queued ones wait for.
-- Locks: none that anyone waits for. Safe to re-run: it changes nothing.
SELECT
    deliveries.state,
    coalesce(deliveries.waits_for, '') AS waits_for,
    count(*) AS mails
FROM pipeline.report_deliveries AS deliveries
GROUP BY deliveries.state, deliveries.waits_for
ORDER BY deliveries.state, deliveries.waits_for;
