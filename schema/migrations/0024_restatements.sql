-- Why published numbers changed: what changed in the source, and what that did to the numbers.
-- Rows go with the account that they are about: a ledger is no reason to remember an erased person.
-- Retention: what a job has removed from the source for good, so that nothing is recomputed to less.
-- Locks: none that anyone waits for; the tables are new. SHARE ROW EXCLUSIVE on users for the keys.

CREATE TABLE pipeline.source_changes (
    source_table TEXT NOT NULL,
    changed_day DATE NOT NULL,
    user_id UUID REFERENCES users (id) ON DELETE CASCADE,
    reason TEXT NOT NULL CHECK (reason IN ('late', 'removed', 'erased', 'moderated')),
    row_count BIGINT NOT NULL,
    run_id TEXT NOT NULL,
    changed_at TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp()
);

CREATE INDEX source_changes_by_day ON pipeline.source_changes (changed_day, source_table);
CREATE INDEX source_changes_by_user ON pipeline.source_changes (user_id);

COMMENT ON TABLE pipeline.source_changes IS
'Rows that a re-read day had more (late) or less (removed, erased, moderated) than when it was read
before; user_id is whose numbers they count in, NULL when that is nobody or an erased account.';

CREATE TABLE pipeline.restatements (
    table_name TEXT NOT NULL CHECK (table_name IN ('user_analytics', 'system_metrics')),
    date DATE NOT NULL,
    metric_name TEXT NOT NULL,
    user_id UUID REFERENCES users (id) ON DELETE CASCADE,
    tags JSONB,
    old_value NUMERIC,
    new_value NUMERIC,
    reasons TEXT[] NOT NULL CHECK (
        cardinality(reasons) > 0
        AND reasons <@ ARRAY['late', 'removed', 'erased', 'moderated', 'definition', 'unexplained']
    ),
    was_final BOOLEAN NOT NULL,
    run_id TEXT NOT NULL,
    restated_at TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp(),
    CHECK (old_value IS DISTINCT FROM new_value),
    CHECK ((table_name = 'user_analytics') = (tags IS NULL))
);

CREATE INDEX restatements_by_day ON pipeline.restatements (date, table_name);
CREATE INDEX restatements_by_user ON pipeline.restatements (user_id, date);

COMMENT ON TABLE pipeline.restatements IS
'Every change of a published number: old and new value (NULL: there was none; user_analytics: 0),
when and why. user_analytics rows have a user_id, system_metrics rows have tags.';

CREATE TABLE pipeline.retired_rows (
    source_table TEXT PRIMARY KEY,
    retired_before DATE NOT NULL,
    retired_at TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp()
);

COMMENT ON TABLE pipeline.retired_rows IS
'Days before retired_before have lost raw rows of that lake table in PostgreSQL by retention.';

GRANT SELECT, INSERT ON pipeline.source_changes, pipeline.restatements TO sociallive_writer;
GRANT SELECT, INSERT, UPDATE ON pipeline.retired_rows TO sociallive_writer;
GRANT SELECT
ON pipeline.source_changes, pipeline.restatements, pipeline.retired_rows
TO sociallive_reader;
