-- What do people do with posts?
SELECT engagement_type::text, count(*)::text,
    to_char(100.0 * count(*) / sum(count(*)) OVER (), 'FM990.0')
FROM user_engagement
GROUP BY engagement_type
ORDER BY count(*) DESC, 1
