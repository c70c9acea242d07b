-- All that the key permits: every type, once on each post of the account.
INSERT INTO user_engagement (user_id, post_id, engagement_type, created_at)
SELECT
    posts.user_id, posts.id, kind,
    %(at)s::timestamp + interval '1 millisecond' * row_number() OVER (ORDER BY posts.id)
FROM posts, unnest(enum_range(NULL::engagement_type_enum)) AS kind
WHERE posts.user_id = %(author)s::uuid
