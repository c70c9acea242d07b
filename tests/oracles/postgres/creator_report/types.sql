-- Engagements per creator, day and type.
SELECT p.user_id, e.created_at::date AS date, e.engagement_type::text AS kind, count(*)::int AS events
FROM user_engagement AS e JOIN posts AS p ON p.id = e.post_id
WHERE e.engagement_type <> 'VIEW'
    AND e.created_at::date BETWEEN %(before)s AND %(last)s
GROUP BY p.user_id, e.created_at::date, e.engagement_type
