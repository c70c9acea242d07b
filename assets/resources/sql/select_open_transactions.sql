-- The instant before which no transaction that could still commit rows has begun.
-- Nobody knows when a prepared transaction began (pg_prepared_xacts has when it was prepared, and its
-- id may be younger than its start): while this database has one, nothing is known to be settled.
-- Arguments are looked up in this order, so that no transaction is overlooked: those that begin later
-- began after the clock was read, and one that is prepared meanwhile is prepared before it leaves
-- its session.
-- Locks: none. Other sessions' transactions are visible to members of pg_read_all_stats only;
-- without that right nothing is known to be settled either.
SELECT
    CASE
        WHEN NOT pg_has_role(current_user, 'pg_read_all_stats', 'USAGE')
            THEN '0001-01-02 00:00:00+00'
        ELSE
            least(
                clock_timestamp(),
                (
                    SELECT min(activity.xact_start)
                    FROM pg_stat_activity AS activity
                    WHERE
                        activity.datname = current_database()
                        AND activity.pid <> pg_backend_pid()
                        AND activity.backend_type NOT IN ('autovacuum worker', 'walsender')
                ),
                (
                    SELECT min('0001-01-02 00:00:00+00'::timestamptz)
                    FROM pg_prepared_xacts AS prepared
                    WHERE prepared.database = current_database()
                )
            )
    END AS settled_until;
