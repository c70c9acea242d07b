"""A platform in PostgreSQL, from arithmetic: accounts, posts and engagement of some days.

Posts and their authors are heavy-tailed, four events in five are views, one in seven is about a
post of the week before. The same again every time.
"""

from collections.abc import Sequence
from datetime import date

import psycopg

from schema.migrate import migrate

EVENTS_PER_POST = 40
LEAST_POSTS = 2_000
ACCOUNTS_PER_EVENT = 1 / 5
LEAST_ACCOUNTS = 10_000
# A bulk load is nobody's own write: triggers and foreign keys are left out.
BULK = "SET LOCAL session_replication_role = replica"
ID_FUNCTION = """
CREATE OR REPLACE FUNCTION uuid_of(kind TEXT, n BIGINT) RETURNS UUID
LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN md5(kind || n)::uuid
"""
ACCOUNTS = """
INSERT INTO users (id, email, username, password_hash, created_at)
SELECT
    uuid_of('user', n), n || '@example.org', 'user' || n, 'x',
    %(first)s::timestamp - interval '1 day' * (n %% 400) + interval '1 hour'
FROM generate_series(0::bigint, %(accounts)s - 1) AS n
"""
POSTS = """
INSERT INTO posts (id, user_id, content, created_at)
SELECT
    uuid_of('post of ' || %(day)s::date, n),
    uuid_of('user', floor(%(accounts)s * power((n * 7919 %% 99991) / 99991.0, 3))::bigint),
    'text',
    %(day)s::timestamp + interval '1 day' * n / %(posts)s
FROM generate_series(0::bigint, %(posts)s - 1) AS n
"""
EVENTS = """
INSERT INTO user_engagement (id, user_id, post_id, engagement_type, metadata, created_at)
SELECT
    gen_random_uuid(),
    uuid_of('user', n * 7919 %% %(accounts)s),
    uuid_of(
        'post of ' || greatest(
            %(first)s::date, %(day)s::date - CASE WHEN n %% 7 = 0 THEN (n / 7 %% 7)::int ELSE 0 END
        ),
        floor(%(posts)s * power((n * 104729 %% 999983) / 999983.0, 2))::bigint
    ),
    CASE
        WHEN n %% 5 = 0 THEN (enum_range(NULL::engagement_type_enum))[1 + (n / 5 %% 6)::int]
        ELSE 'VIEW'
    END,
    CASE WHEN n %% 3 = 0 THEN '{"source": "profile"}'::jsonb END,
    %(day)s::timestamp + interval '1 day' * n / %(events)s
FROM generate_series(0::bigint, %(events)s - 1) AS n
"""
# To build them afterwards takes a fraction of keeping them during a large load.
INDEXES = (
    "idx_engagement_user_id",
    "idx_engagement_post_id",
    "idx_engagement_type",
    "idx_engagement_metadata",
)

DEFINITIONS = """
SELECT replace(indexdef, ' ON ONLY ', ' ON ') FROM pg_indexes
WHERE schemaname = 'public' AND indexname = ANY(%s)
"""


def make_days(
    url: str,
    days: Sequence[date],
    *,
    events_per_day: int,
    accounts: int | None = None,
    least_posts: int = LEAST_POSTS,
    with_indexes: bool = True,
) -> None:
    """Migrate, and fill the days; without indexes, only those of the keys and of time are there."""
    migrate(url)
    facts = {
        "first": days[0],
        "accounts": accounts or max(int(events_per_day * ACCOUNTS_PER_EVENT), LEAST_ACCOUNTS),
        "posts": max(events_per_day // EVENTS_PER_POST, least_posts),
        "events": events_per_day,
    }
    with psycopg.connect(url, options="-c TimeZone=UTC") as session:
        session.execute(ID_FUNCTION)
        session.execute(BULK)
        built = session.execute(DEFINITIONS, [list(INDEXES)]).fetchall() if with_indexes else []
        session.execute(f"DROP INDEX {', '.join(INDEXES)}".encode())
        session.execute(ACCOUNTS, facts)
        for day in days:
            session.execute(POSTS, {**facts, "day": day})
            session.execute(EVENTS, {**facts, "day": day})
        for (definition,) in built:
            session.execute(definition)
    with psycopg.connect(url, autocommit=True) as session:
        session.execute("VACUUM (FREEZE, ANALYZE)")
