-- So many posts, the n-th by the n-th of the accounts of that name, one after the other in a span.
INSERT INTO posts (id, user_id, content, created_at, updated_at)
SELECT
    md5('post of ' || %(name)s || ' ' || n)::uuid,
    md5(%(name)s || ' ' || (n - 1) %% %(authors)s + 1)::uuid,
    'text', moment, moment
FROM
    generate_series(1, %(count)s) AS n,
    LATERAL (
        SELECT %(first)s::timestamp + (%(last)s::timestamp - %(first)s::timestamp) * n / %(count)s
    ) AS at (moment)
