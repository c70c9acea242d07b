-- Mail of creators' reports: what each creator wants, and the outbox, one row per creator and report.
-- Both are ours, in a schema of ours: the platform's own tables stay as specified. Rows go with the
-- account. The role that mails sees of the platform whom it writes to, and nothing else.
-- Locks: none that anyone waits for; the tables are new. SHARE ROW EXCLUSIVE on users for the keys.

DO $$
DECLARE
    needed CONSTANT TEXT := CASE
        WHEN current_setting('server_version_num')::INTEGER >= 160000 THEN 'SET' ELSE 'MEMBER'
    END;
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'sociallive_mailer') THEN
        CREATE ROLE sociallive_mailer NOLOGIN;
    END IF;
    IF NOT pg_has_role(current_user, 'sociallive_mailer', needed) THEN
        EXECUTE format('GRANT sociallive_mailer TO %I', current_user);
    END IF;
END;
$$;

CREATE TABLE pipeline.report_preferences (
    user_id UUID PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    frequency TEXT NOT NULL CHECK (frequency IN ('daily', 'weekly', 'monthly', 'off')),
    changed_at TIMESTAMPTZ NOT NULL,
    changed_by TEXT NOT NULL CHECK (changed_by IN ('creator', 'operator'))
);

COMMENT ON TABLE pipeline.report_preferences IS
'How often a creator wants reports by mail; without a row: weekly.';

-- Who sends holds an advisory lock of the number it drew: what it left behind is found by the lock.
CREATE SEQUENCE pipeline.report_senders AS INTEGER CYCLE;

CREATE TABLE pipeline.report_deliveries (
    user_id UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    period TEXT NOT NULL CHECK (period IN ('day', 'week', 'month')),
    last_day DATE NOT NULL,
    state TEXT NOT NULL CHECK (
        state IN ('queued', 'sending', 'sent', 'failed', 'uncertain', 'stopped')
    ),
    waits_for TEXT CHECK (waits_for IN ('turn', 'final', 'report', 'retry')),
    sender INTEGER,
    message_id TEXT,
    attempts INTEGER NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    next_attempt_at TIMESTAMPTZ,
    last_error TEXT CHECK (length(last_error) BETWEEN 1 AND 300),
    queued_at TIMESTAMPTZ NOT NULL,
    finished_at TIMESTAMPTZ,
    PRIMARY KEY (user_id, period, last_day),
    CONSTRAINT waits_while_queued CHECK (
        (state = 'queued') = (waits_for IS NOT NULL)
        AND (state = 'queued') = (next_attempt_at IS NOT NULL)
    ),
    CONSTRAINT finished_unless_on_its_way CHECK (
        (state IN ('queued', 'sending')) = (finished_at IS NULL)
    ),
    CONSTRAINT held_by_a_sender CHECK (
        CASE state
            WHEN 'queued' THEN TRUE
            WHEN 'sending' THEN sender IS NOT NULL
            ELSE sender IS NULL
        END
    ),
    CONSTRAINT tried_under_its_message_id CHECK (
        (attempts > 0) = (message_id IS NOT NULL)
        AND (attempts > 0 OR state IN ('queued', 'failed', 'stopped'))
        AND (attempts > 0 OR waits_for IS DISTINCT FROM 'retry')
    ),
    CONSTRAINT says_what_went_wrong CHECK (
        CASE
            WHEN state IN ('failed', 'uncertain') OR waits_for = 'retry'
                THEN last_error IS NOT NULL
            WHEN state IN ('sending', 'sent') THEN last_error IS NULL
            ELSE TRUE
        END
    )
);

CREATE INDEX report_deliveries_due
ON pipeline.report_deliveries (next_attempt_at) WHERE state = 'queued';
CREATE INDEX report_deliveries_sending
ON pipeline.report_deliveries (sender) WHERE state = 'sending';

COMMENT ON TABLE pipeline.report_deliveries IS
'Outbox: one row per creator, period and last day of the report. uncertain: handed to a mail server
that may or may not have taken it, and never sent again; stopped: not wanted any more.';

-- Senders that are at work: their sessions hold the lock of their number.
CREATE FUNCTION pipeline.living_senders() RETURNS SETOF INTEGER
LANGUAGE sql STABLE SECURITY INVOKER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT held.objid::BIGINT::INTEGER
    FROM pg_locks AS held
    INNER JOIN pg_database AS here ON held.database = here.oid
    WHERE
        here.datname = current_database()
        AND held.locktype = 'advisory'
        AND held.classid = hashtext('sociallive|report sender')::OID
        AND held.objsubid = 2
        AND held.granted
$$;

-- Rows of this migration's tables that go with an account.
CREATE FUNCTION pipeline.count_report_rows(subject UUID)
RETURNS TABLE (table_name TEXT, row_count BIGINT)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    WITH counted (named, found) AS (
        SELECT 'pipeline.report_preferences', count(*)
        FROM pipeline.report_preferences AS preferences
        WHERE preferences.user_id = subject
        UNION ALL
        SELECT 'pipeline.report_deliveries', count(*)
        FROM pipeline.report_deliveries AS deliveries
        WHERE deliveries.user_id = subject
    )

    SELECT counted.named::TEXT, counted.found FROM counted WHERE counted.found > 0
$$;

REVOKE ALL ON FUNCTION
pipeline.living_senders(), pipeline.count_report_rows(UUID)
FROM PUBLIC;

GRANT USAGE ON SCHEMA public, pipeline TO sociallive_mailer;
GRANT SELECT (
    id, email, username, is_active, deleted_at, email_verified_at
) ON users TO sociallive_mailer;
GRANT SELECT, INSERT, UPDATE
ON pipeline.report_preferences, pipeline.report_deliveries
TO sociallive_mailer;
GRANT USAGE ON SEQUENCE pipeline.report_senders TO sociallive_mailer;
GRANT EXECUTE ON FUNCTION pipeline.living_senders() TO sociallive_mailer;
GRANT EXECUTE ON FUNCTION pipeline.count_report_rows(UUID) TO sociallive_operator;
GRANT SELECT ON pipeline.report_preferences, pipeline.report_deliveries TO sociallive_reader;
