-- Queues a report for each of the creators that wants and can get it; tells how many did not.
-- Where the platform verifies addresses, only verified ones are written to.
-- What was queued before stays as it is; what was stopped, and is wanted again, is queued again.
-- Locks: rows of ours. Safe to re-run: a report is queued once.
WITH platform AS (
    SELECT max(users.email_verified_at) AS newest_verification
    FROM users
),

asked AS (
    SELECT
        users.id,
        coalesce(preferences.frequency, 'weekly') = %(frequency)s AS is_wanted,
        users.deleted_at IS NULL AND users.is_active IS TRUE AND (
            %(reaches_anyone)s
            OR (
                users.email !~* '(@|\.)invalid\.?$'
                AND (
                    users.email_verified_at IS NOT NULL
                    OR platform.newest_verification IS NULL
                )
            )
        ) AS is_reachable
    FROM users
    CROSS JOIN platform
    LEFT JOIN pipeline.report_preferences AS preferences ON users.id = preferences.user_id
    WHERE users.id = ANY(%(creators)s)
),

written AS (
    INSERT INTO pipeline.report_deliveries AS held (
        user_id, period, last_day, state, waits_for, next_attempt_at, queued_at
    )
    SELECT
        asked.id,
        %(period)s AS period,
        %(last_day)s AS last_day,
        'queued' AS state,
        'turn' AS waits_for,
        %(now)s::TIMESTAMPTZ AS next_attempt_at,
        %(now)s::TIMESTAMPTZ AS queued_at
    FROM asked
    WHERE asked.is_wanted AND asked.is_reachable
    ORDER BY asked.id
    ON CONFLICT (user_id, period, last_day) DO UPDATE
        SET
            state = 'queued',
            waits_for = 'turn',
            next_attempt_at = excluded.next_attempt_at,
            last_error = NULL,
            finished_at = NULL
        WHERE held.state = 'stopped'
    RETURNING held.user_id
)

SELECT
    (SELECT count(*) FROM written) AS queued,
    count(*) FILTER (WHERE asked.is_wanted AND asked.is_reachable)
    - (SELECT count(*) FROM written) AS known,
    count(*) FILTER (WHERE asked.is_wanted AND NOT asked.is_reachable) AS unreachable,
    count(*) FILTER (WHERE NOT asked.is_wanted) AS unwanted
FROM asked;
