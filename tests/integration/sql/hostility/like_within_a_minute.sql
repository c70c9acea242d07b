-- A LIKE by each of so many accounts of a name, all in less than a minute.
INSERT INTO user_engagement (user_id, post_id, engagement_type, created_at)
SELECT
    md5(%(name)s || ' ' || n)::uuid, %(post)s::uuid, 'LIKE',
    %(at)s::timestamp + interval '0.1 seconds' * n
FROM generate_series(1, %(count)s) AS n
