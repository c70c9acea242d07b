-- Keeps why a day has less rows: by whose numbers they counted in, nobody where that account is gone.
-- Locks: none that anyone waits for; the accounts named against deletion. Goes with the publication.
INSERT INTO pipeline.source_changes (
    source_table, changed_day, user_id, reason, row_count, run_id
)
SELECT
    %(table)s AS source_table,
    %(day)s::date AS changed_day,
    users.id AS user_id,
    'erased' AS reason,
    sum(gone.row_count) AS row_count,
    %(run_id)s AS run_id
FROM unnest(%(accounts)s::uuid[], %(counts)s::bigint[]) AS gone (user_id, row_count)
LEFT JOIN users ON gone.user_id = users.id
GROUP BY users.id;
