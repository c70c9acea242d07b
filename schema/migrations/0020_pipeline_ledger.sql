-- The pipeline's own books: which run may write a partition, and what it published.
-- Locks: none on platform tables. The schema itself is made by `sociallive migrate`.

CREATE SEQUENCE pipeline.fence;

CREATE TABLE pipeline.partition_ledger (
    table_name TEXT NOT NULL,
    partition_date DATE NOT NULL,
    fence BIGINT NOT NULL,
    run_id TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('writing', 'published')),
    load_id TEXT,
    row_count BIGINT,
    is_final BOOLEAN,
    begun_at TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp(),
    published_at TIMESTAMPTZ,
    PRIMARY KEY (table_name, partition_date)
);

COMMENT ON TABLE pipeline.partition_ledger IS
'One row per partition of a table: the newest writer (fence) and what was published last.';

GRANT USAGE ON SEQUENCE pipeline.fence TO sociallive_writer;
GRANT SELECT, INSERT, UPDATE, DELETE ON pipeline.partition_ledger TO sociallive_writer;
GRANT SELECT ON pipeline.partition_ledger TO sociallive_reader;

-- The only window on the audit trail that the pipeline has: other tables' old values stay hidden.
CREATE VIEW pipeline.follow_deletions AS
SELECT
    (audit.old_values ->> 'follower_id')::uuid AS follower_id,
    (audit.old_values ->> 'following_id')::uuid AS following_id,
    (audit.old_values ->> 'created_at')::timestamp AS followed_at,
    audit.old_values ->> 'created_at' AS followed_text,
    audit.timestamp AS deleted_at
FROM audit_log AS audit
WHERE
    audit.table_name = 'user_followers'
    AND audit.operation = 'DELETE';

GRANT SELECT ON pipeline.follow_deletions TO sociallive_reader;
