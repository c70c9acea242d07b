"""Rows that a database takes and nobody expects: every number still equals one counted in SQL."""

from datetime import date

import pytest

from tests.fixtures.installation import Installation

DAY, NEXT = "2026-11-01", "2026-11-02"
# Names that differ by case, by look (Latin and Cyrillic, one point of code and two), or not at all
# to the eye; a megabyte of text; moments of year 1, of the next day's first instant, of year 9999.
ODD = """
WITH people AS (
    INSERT INTO users (id, email, username, password_hash, created_at)
    SELECT gen_random_uuid(), n || '@users.invalid', name, '!', at::timestamp
    FROM (VALUES
        (1, 'ann', '0001-01-01'), (2, 'Ann', '2026-11-01'), (3, E'\\u0430nn', '2026-11-01'),
        (4, E'ann\\u200b', '2026-11-01'), (5, E'\\u202enna', '2026-11-01 23:59:59.999999'),
        (6, E'e\\u0301', '2026-11-02'), (7, E'\\u00e9', '9999-12-31')
    ) AS given (n, name, at)
    RETURNING id, username
), written AS (
    INSERT INTO posts (id, user_id, content, created_at)
    SELECT gen_random_uuid(), people.id, repeat('x', 1000000), at::timestamp
    FROM people, (VALUES
        ('0001-01-01'), ('2026-11-01'), ('2026-11-01 23:59:59.999999'), ('2026-11-02'),
        ('9999-12-31')
    ) AS given (at)
    WHERE people.username IN ('ann', 'Ann')
    RETURNING id, user_id, created_at
)
INSERT INTO user_engagement (user_id, post_id, engagement_type, value, metadata, created_at)
SELECT people.id, written.id, kind::engagement_type_enum, value, metadata::jsonb, at::timestamp
FROM people, written, (VALUES
    ('VIEW', 1, '{"source": "profile"}', '2026-11-01'),
    ('LIKE', -999.99, '{"source": "' || repeat('y', 100000) || '"}', '2026-11-01 12:00'),
    ('SHARE', 999.99, '[1, {"source": "profile"}]', '2026-11-01 23:59:59.999999'),
    ('COMMENT', 0, '"profile"', '2026-11-02'),
    ('SAVE', NULL, 'null', '9999-12-31 23:59:59.999999')
) AS given (kind, value, metadata, at)
"""
# Cases that nobody knows to have been opened are decided all the same.
UNDATED = """
INSERT INTO content_moderation (content_type, content_id, created_at, reviewed_at)
VALUES
    ('POST', gen_random_uuid(), NULL, '2026-11-01 12:00'),
    ('POST', gen_random_uuid(), '2026-11-01 09:00', '2026-11-01 12:00'),
    ('MEDIA', gen_random_uuid(), NULL, '2026-11-02'),
    ('COMMENT', gen_random_uuid(), NULL, NULL)
"""


@pytest.fixture
def odd(installation: Installation) -> Installation:
    installation.execute(ODD)
    installation.execute(UNDATED)
    return installation.since(date(2026, 11, 1))


def test_odd_rows_count_in_their_day_and_change_no_other_number(odd: Installation) -> None:
    odd.run(DAY, NEXT)

    assert odd.user_analytics() == odd.expected("user_analytics", DAY, NEXT)
    assert odd.system_metrics() == odd.expected("system_metrics", DAY, NEXT)
    assert odd.metric("moderation_decided", DAY, '{"content_type": "POST"}') == 2
    assert odd.metric("moderation_decided", NEXT, '{"content_type": "MEDIA"}') == 1
    names = odd.rows(
        "SELECT username, sum(total_likes) FROM user_analytics JOIN users ON users.id = user_id"
        " WHERE date = %s GROUP BY username ORDER BY username",
        [DAY],
    )
    assert names == [("Ann", 35), ("ann", 35)]
    [(lowest, highest)] = odd.rows("SELECT min(engagement_score), max(engagement_score) FROM posts")
    assert 0 <= lowest <= highest < 10**8
