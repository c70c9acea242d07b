-- As an application that claims to move rows could: nothing then refuses a key that is taken.
INSERT INTO user_engagement (user_id, post_id, engagement_type, created_at)
SELECT
    posts.user_id, posts.id, (ARRAY['LIKE', 'COMMENT', 'SHARE'])[n %% 3 + 1]::engagement_type_enum,
    %(at)s::timestamp + interval '1 second' * n
FROM
    set_config('sociallive.moving_engagement', 'on', TRUE), generate_series(1, %(count)s) AS n, posts
WHERE posts.id = %(post)s::uuid
