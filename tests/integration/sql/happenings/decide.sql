UPDATE content_moderation SET reviewed_at = %(at)s, status = 'APPROVED' WHERE id = (
    SELECT id FROM content_moderation ORDER BY id
    OFFSET %(number)s %% (SELECT greatest(count(*), 1) FROM content_moderation) LIMIT 1
)
