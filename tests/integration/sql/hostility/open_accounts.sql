INSERT INTO users (id, username, email, password_hash, created_at)
SELECT
    md5(%(name)s || ' ' || n)::uuid, %(name)s || ' ' || n, %(name)s || n || '@example.org', 'hash',
    %(at)s
FROM generate_series(1, %(count)s) AS n
