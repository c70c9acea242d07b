-- Open transactions that keep days which have ended provisional: those of sessions that began before
-- today, and every prepared one, of which nobody knows when it began. Oldest first.
-- Locks: none.
SELECT
    format('session %s', activity.pid) AS name,
    coalesce(activity.usename, '') AS owner,
    activity.xact_start AS since,
    FALSE AS is_prepared
FROM pg_stat_activity AS activity
WHERE
    activity.datname = current_database()
    AND activity.pid <> pg_backend_pid()
    AND activity.backend_type NOT IN ('autovacuum worker', 'walsender')
    AND activity.xact_start < date_trunc('day', clock_timestamp(), 'UTC')
UNION ALL
SELECT
    quote_literal(prepared.gid) AS name,
    prepared.owner,
    prepared.prepared AS since,
    TRUE AS is_prepared
FROM pg_prepared_xacts AS prepared
WHERE prepared.database = current_database()
ORDER BY since, name;
