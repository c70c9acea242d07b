-- Rows that go with the account, per table. Locks: none. Safe to re-run: changes nothing.
SELECT
    counted.table_name,
    counted.row_count
FROM pipeline.count_account_rows(%(account)s) AS counted;
