-- What decides whether and how a server can be backed up by this session's user.
-- Locks: none.
SELECT
    current_database() AS database,
    current_setting('server_version') AS server_version,
    current_setting('server_version_num')::INTEGER / 10000 AS server_major,
    users.rolsuper OR users.rolbypassrls AS sees_all_rows,
    users.rolsuper OR users.rolreplication AS may_replicate,
    (
        current_setting('wal_level') <> 'minimal'
        AND current_setting('max_wal_senders')::INTEGER > 0
    ) AS can_replicate,
    current_setting('archive_mode') <> 'off' AS archives,
    (SELECT count(*) FROM pg_tablespace) > 2 AS has_tablespaces,
    pg_get_userbyid(10) AS superuser,
    pg_size_bytes(current_setting('wal_segment_size')) AS segment_bytes
FROM pg_roles AS users
WHERE users.rolname = current_user;
