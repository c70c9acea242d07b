-- Rows of the outbox go 90 days after their mail ended: sent, failed, stopped or uncertain. What keeps
-- a report from being mailed twice is its row; it is not needed for longer than reports are queued,
-- which is for days after their period. The role that mails still removes nothing: the operator does,
-- by a function that knows the limit. Each call is one transaction of bounded size.
-- Locks: none; a function is new.

CREATE FUNCTION pipeline.delete_old_deliveries(most INTEGER) RETURNS BIGINT
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    limit_day CONSTANT DATE := (now() AT TIME ZONE 'UTC')::DATE - 90;
    ended_before CONSTANT TIMESTAMPTZ := now() - INTERVAL '90 days';
    removed BIGINT;
BEGIN
    DELETE FROM pipeline.report_deliveries AS deliveries
    USING (
        SELECT ended.user_id, ended.period, ended.last_day
        FROM pipeline.report_deliveries AS ended
        WHERE ended.finished_at < ended_before AND ended.last_day < limit_day
        LIMIT most
    ) AS old
    WHERE
        deliveries.user_id = old.user_id
        AND deliveries.period = old.period
        AND deliveries.last_day = old.last_day
        AND deliveries.finished_at < ended_before;
    GET DIAGNOSTICS removed = ROW_COUNT;
    RETURN removed;
END;
$$;

REVOKE ALL ON FUNCTION pipeline.delete_old_deliveries(INTEGER) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pipeline.delete_old_deliveries(INTEGER) TO sociallive_operator;
