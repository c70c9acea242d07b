-- Rows that go with an account, per table.
-- Locks: none that anyone waits for. Safe to re-run: it changes nothing.
SELECT
    counted.table_name,
    counted.row_count
FROM pipeline.count_account_rows(%(account)s) AS counted
UNION ALL
SELECT
    deletions.table_name,
    deletions.row_count
FROM pipeline.count_post_deletions(%(account)s) AS deletions
UNION ALL
SELECT
    reports.table_name,
    reports.row_count
FROM pipeline.count_report_rows(%(account)s) AS reports;
