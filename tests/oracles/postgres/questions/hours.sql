-- At what hour does the audience engage most?
SELECT extract(HOUR FROM events.created_at)::int::text, count(*)::text,
    to_char(100.0 * count(*) / sum(count(*)) OVER (), 'FM990.0')
FROM user_engagement AS events
JOIN posts ON posts.id = events.post_id
WHERE events.user_id <> posts.user_id
GROUP BY extract(HOUR FROM events.created_at)
ORDER BY count(*) DESC, extract(HOUR FROM events.created_at)
LIMIT 5
