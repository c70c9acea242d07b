-- What system_metrics of a range of days must be, straight from the platform's tables, metric by
-- metric as the definitions read. Left out: ingest_rows, ingest_lag_seconds and day_final, which
-- speak of the pipeline.
WITH days AS (
    SELECT d::date AS day, d::date + 1 AS next_day
    FROM generate_series(%(first)s::date, %(last)s::date, '1 day') AS d
),
events AS MATERIALIZED (
    SELECT e.user_id, e.post_id, e.engagement_type::text AS kind, e.created_at::date AS day
    FROM (SELECT * FROM user_engagement UNION ALL SELECT * FROM user_engagement_archive) AS e
),
unfollowed AS MATERIALIZED (
    SELECT (old_values ->> 'follower_id')::uuid AS follower_id,
        (old_values ->> 'created_at')::timestamp::date AS followed_day, timestamp::date AS day
    FROM audit_log WHERE table_name = 'user_followers' AND operation = 'DELETE'
),
followed AS MATERIALIZED (
    SELECT follower_id, created_at::date AS day FROM user_followers
    UNION ALL
    SELECT follower_id, followed_day FROM unfollowed
),
active AS MATERIALIZED (
    SELECT user_id, day FROM events
    UNION
    SELECT user_id, created_at::date FROM posts
    UNION
    SELECT user_id, created_at::date FROM comments
    UNION
    SELECT follower_id, day FROM followed
),
actives AS MATERIALIZED (
    SELECT d.day,
        (SELECT count(DISTINCT user_id) FROM active AS a WHERE a.day = d.day) AS daily,
        (SELECT count(DISTINCT user_id) FROM active AS a
            WHERE a.day > d.day - 7 AND a.day <= d.day) AS weekly,
        (SELECT count(DISTINCT user_id) FROM active AS a
            WHERE a.day > d.day - 30 AND a.day <= d.day) AS monthly
    FROM days AS d
),
views AS MATERIALIZED (
    SELECT e.day, p.user_id AS creator, count(*) AS n
    FROM events AS e JOIN posts AS p ON p.id = e.post_id
    WHERE e.kind = 'VIEW' GROUP BY 1, 2
),
first_responses AS (
    SELECT d.day, p.id, extract(EPOCH FROM min(c.created_at) - p.created_at) / 3600 AS hours
    FROM days AS d
    JOIN posts AS p ON p.created_at >= d.day - 1 AND p.created_at < d.day
    JOIN comments AS c ON c.post_id = p.id AND c.user_id <> p.user_id
        AND c.created_at >= p.created_at AND c.created_at < d.next_day
    GROUP BY d.day, p.id, p.created_at
),
metrics (day, metric_name, tags, value) AS (
    SELECT day, 'daily_active_users', '{}'::jsonb, daily::numeric FROM actives
    UNION ALL SELECT day, 'weekly_active_users', '{}', weekly FROM actives
    UNION ALL SELECT day, 'monthly_active_users', '{}', monthly FROM actives
    UNION ALL SELECT day, 'stickiness', '{}', daily::numeric / monthly FROM actives WHERE monthly > 0
    UNION ALL SELECT d.day, 'new_users', '{}', count(u.id)
        FROM days AS d LEFT JOIN users AS u ON u.created_at::date = d.day GROUP BY d.day
    UNION ALL SELECT d.day, 'posts_created', '{}', count(p.id)
        FROM days AS d LEFT JOIN posts AS p ON p.created_at::date = d.day GROUP BY d.day
    UNION ALL SELECT d.day, 'posts_created',
            jsonb_build_object('media_type', coalesce(p.media_type::text, 'TEXT')), count(*)
        FROM days AS d JOIN posts AS p ON p.created_at::date = d.day
        GROUP BY d.day, coalesce(p.media_type::text, 'TEXT')
    UNION ALL SELECT d.day, 'comments_created', '{}', count(c.id)
        FROM days AS d LEFT JOIN comments AS c ON c.created_at::date = d.day GROUP BY d.day
    UNION ALL SELECT d.day, 'follows', '{}', count(f.follower_id)
        FROM days AS d LEFT JOIN followed AS f ON f.day = d.day GROUP BY d.day
    UNION ALL SELECT d.day, 'unfollows', '{}', count(f.follower_id)
        FROM days AS d LEFT JOIN unfollowed AS f ON f.day = d.day GROUP BY d.day
    UNION ALL SELECT d.day, 'engagement_events', jsonb_build_object('type', k), count(e.kind)
        FROM days AS d CROSS JOIN unnest(enum_range(NULL::engagement_type_enum)) AS k
        LEFT JOIN events AS e ON e.day = d.day AND e.kind = k::text GROUP BY d.day, k
    UNION ALL SELECT day, 'engagement_rate', '{}',
            count(*) FILTER (WHERE kind <> 'VIEW')::numeric / count(*) FILTER (WHERE kind = 'VIEW')
        FROM events GROUP BY day HAVING count(*) FILTER (WHERE kind = 'VIEW') > 0
    UNION ALL SELECT d.day, 'active_creators', '{}', count(DISTINCT p.user_id)
        FROM days AS d LEFT JOIN posts AS p ON p.created_at::date = d.day GROUP BY d.day
    UNION ALL SELECT d.day, 'retention_rate', jsonb_build_object('day', n),
            count(*) FILTER (
                WHERE EXISTS (SELECT FROM active AS a WHERE a.user_id = u.id AND a.day = d.day)
            )::numeric / count(*)
        FROM days AS d CROSS JOIN (VALUES (1), (7), (30)) AS w (n)
        JOIN users AS u ON u.created_at::date = d.day - n GROUP BY d.day, n
    UNION ALL SELECT d.day, 'user_lifecycle', '{"state": "new"}', count(u.id)
        FROM days AS d LEFT JOIN users AS u ON u.created_at::date = d.day GROUP BY d.day
    UNION ALL SELECT d.day, 'user_lifecycle', '{"state": "returning"}', count(a.user_id)
        FROM days AS d LEFT JOIN active AS a ON a.day = d.day
            AND EXISTS (SELECT FROM active AS b WHERE b.user_id = a.user_id AND b.day = d.day - 1)
        GROUP BY d.day
    UNION ALL SELECT d.day, 'user_lifecycle', '{"state": "resurrected"}', count(a.user_id)
        FROM days AS d LEFT JOIN active AS a ON a.day = d.day
            AND NOT EXISTS (
                SELECT FROM active AS b WHERE b.user_id = a.user_id AND b.day = d.day - 1
            )
            AND NOT EXISTS (SELECT FROM users AS u WHERE u.id = a.user_id AND u.created_at >= d.day)
        GROUP BY d.day
    UNION ALL SELECT d.day, 'user_lifecycle', '{"state": "dormant"}', count(a.user_id)
        FROM days AS d LEFT JOIN active AS a ON a.day = d.day - 1
            AND NOT EXISTS (SELECT FROM active AS b WHERE b.user_id = a.user_id AND b.day = d.day)
        GROUP BY d.day
    UNION ALL SELECT day, 'exposure_gini', '{}',
            2 * sum(n * place) / (count(*) * sum(n)) - (count(*) + 1)::numeric / count(*)
        FROM (SELECT *, row_number() OVER (PARTITION BY day ORDER BY n, creator) AS place FROM views)
            AS ordered
        GROUP BY day
    UNION ALL SELECT day, 'response_hours_median', '{}',
            (SELECT avg(h) FROM (
                SELECT hours AS h, row_number() OVER (ORDER BY hours) AS place, count(*) OVER () AS n
                FROM first_responses AS g WHERE g.day = f.day) AS o
                WHERE place IN ((n + 1) / 2, (n + 2) / 2))
        FROM first_responses AS f GROUP BY day
    UNION ALL SELECT d.day, 'moderation_pending',
            jsonb_build_object('content_type', m.content_type), count(*)
        FROM days AS d JOIN content_moderation AS m ON m.created_at < d.next_day
            AND (m.reviewed_at IS NULL OR m.reviewed_at >= d.next_day)
        GROUP BY d.day, m.content_type
    UNION ALL SELECT d.day, 'moderation_decided',
            jsonb_build_object('content_type', m.content_type), count(*)
        FROM days AS d JOIN content_moderation AS m ON m.reviewed_at::date = d.day
        GROUP BY d.day, m.content_type
    UNION ALL SELECT d.day, 'moderation_hours_median',
            jsonb_build_object('content_type', k),
            (SELECT avg(h) FROM (
                SELECT h, row_number() OVER (ORDER BY h) AS place, count(*) OVER () AS n
                FROM (
                    SELECT extract(EPOCH FROM m.reviewed_at - m.created_at) / 3600 AS h
                    FROM content_moderation AS m
                    WHERE m.reviewed_at::date = d.day AND m.content_type = k
                ) AS x) AS o
                WHERE place IN ((n + 1) / 2, (n + 2) / 2))
        FROM days AS d CROSS JOIN unnest(enum_range(NULL::content_type_enum)) AS k
    UNION ALL SELECT d.day, 'media_uploads', jsonb_build_object('status', m.processing_status),
            count(*)
        FROM days AS d JOIN media_files AS m ON m.created_at::date = d.day
        GROUP BY d.day, m.processing_status
    UNION ALL SELECT d.day, 'media_bytes', '{}', coalesce(sum(m.file_size), 0)
        FROM days AS d LEFT JOIN media_files AS m ON m.created_at::date = d.day GROUP BY d.day
    UNION ALL SELECT d.day, 'active_sessions', '{}', count(s.id)
        FROM days AS d LEFT JOIN user_sessions AS s ON s.created_at < d.next_day
            AND s.expires_at > d.next_day AND (s.is_active OR s.last_used_at >= d.next_day)
        GROUP BY d.day
    UNION ALL SELECT d.day, 'new_sessions', '{}', count(s.id)
        FROM days AS d LEFT JOIN user_sessions AS s ON s.created_at::date = d.day GROUP BY d.day
)
SELECT m.day AS timestamp, m.metric_name, m.tags::text AS tags, round(m.value, 4) AS metric_value
FROM metrics AS m JOIN days AS d ON d.day = m.day
WHERE m.value IS NOT NULL
ORDER BY 1, 2, 3
