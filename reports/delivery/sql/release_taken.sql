-- Lets go of mails that a sender has taken and will not hand over in this run.
-- Locks: the rows. Safe to re-run.
UPDATE pipeline.report_deliveries AS deliveries
SET sender = NULL
WHERE deliveries.state = 'queued' AND deliveries.sender = %(sender)s;
