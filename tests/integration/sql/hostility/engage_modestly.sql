-- Three LIKEs and a COMMENT by others on each post of those accounts, in the last hours of a day.
INSERT INTO user_engagement (user_id, post_id, engagement_type, created_at)
SELECT
    md5('reader ' || (n * 7 + k) %% 1000 + 1)::uuid,
    md5('post of ' || %(name)s || ' ' || n)::uuid,
    (CASE k WHEN 0 THEN 'COMMENT' ELSE 'LIKE' END)::engagement_type_enum,
    %(day)s::timestamp + interval '1 second' * (72000 + (n * 11 + k * 977) %% 14000 + 0.5)
FROM generate_series(1, %(count)s) AS n, generate_series(0, 3) AS k
