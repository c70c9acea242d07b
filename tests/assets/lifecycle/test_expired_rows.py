from collections.abc import Iterator
from datetime import datetime, timedelta

import psycopg
import pytest

from assets.lifecycle.expired_rows import RemovedRows, remove_expired_rows
from assets.resources.postgres import Postgres
from schema.errors import DatabaseUnavailableError
from schema.migrate import migrate
from tests.fixtures.platform_rows import add_people, rows, scalar
from tests.fixtures.postgres import PostgresServer, new_database

OWNER = "plain_owner_of_expired_rows"
TABLES = ("user_sessions", "feed_items", "password_reset_tokens")
# Seven that go (one a second past the limit), three that stay, whatever the table.
FILL = """
    WITH ages (age) AS (
        SELECT n * INTERVAL '1 day' FROM generate_series(31, 36) AS n
        UNION ALL SELECT INTERVAL '30 days 1 second'
        UNION ALL SELECT unnest(ARRAY['29 days 23 hours', '0', '-5 days']::INTERVAL[])
    ), person AS (SELECT id FROM users WHERE username = 'author'),
    made AS (
        INSERT INTO user_sessions (user_id, refresh_token_hash, created_at, expires_at)
        SELECT person.id, 'secret', now() - age - INTERVAL '2 days', now() - age FROM ages, person
    ), asked AS (
        INSERT INTO password_reset_tokens (user_id, token_hash, expires_at)
        SELECT person.id, 'secret', now() - age FROM ages, person
    ), written AS (
        INSERT INTO posts (user_id, content, created_at)
        SELECT person.id, extract(epoch FROM age)::TEXT, now() FROM ages, person
        UNION ALL SELECT person.id, 'never', now() FROM person
        RETURNING id, user_id, content
    )
    INSERT INTO feed_items (user_id, post_id, score, expires_at)
    SELECT user_id, id, 1,
        CASE WHEN content <> 'never' THEN now() - content::NUMERIC * INTERVAL '1 second' END
    FROM written
"""

# Five that go, whatever became of them. One ended later, one is about days that are not so long
# gone, and one was never sent: these stay.
MAILS = """
    INSERT INTO pipeline.report_deliveries (
        user_id, period, last_day, state, waits_for, next_attempt_at, queued_at, finished_at,
        last_error, attempts, message_id
    )
    SELECT
        users.id, 'day', current_date - last_age, state, waits_for,
        CASE WHEN waits_for IS NOT NULL THEN now() END, now() - INTERVAL '99 days',
        now() - ended::INTERVAL, error, 1, '<a@b>'
    FROM users CROSS JOIN (VALUES
        ('sent', 92, '91 days', NULL, NULL), ('failed', 93, '92 days', NULL, '550 nobody'),
        ('uncertain', 94, '93 days', NULL, 'silence'), ('stopped', 95, '94 days', NULL, NULL),
        ('sent', 96, '90 days 1 second', NULL, NULL), ('sent', 97, '89 days 23 hours', NULL, NULL),
        ('sent', 89, '98 days', NULL, NULL), ('queued', 98, NULL, 'turn', NULL)
    ) AS mails (state, last_age, ended, waits_for, error)
    WHERE users.username = 'author'
"""


@pytest.fixture(params=["superuser", "plain owner"])
def platform(
    request: pytest.FixtureRequest,
    postgres_server: PostgresServer,
    migrated_template: str,
    database_names: Iterator[str],
) -> Iterator[str]:
    """A filled database, migrated by a superuser, or by a role that is bound by row security."""
    if request.param == "superuser":
        yield request.getfixturevalue("database")
        return
    name = next(database_names)
    with new_database(postgres_server, name) as url:
        for statement in (
            "CREATE ROLE {owner} LOGIN CREATEROLE",
            "ALTER DATABASE {name} OWNER TO {owner}",
            "GRANT authenticated_users, sociallive_reader, sociallive_writer TO {owner}",
            "GRANT sociallive_operator, sociallive_reporter, sociallive_mailer TO {owner}",
        ):
            postgres_server.execute(statement, owner=OWNER, name=name)
        plain_url = url.replace("//postgres@", f"//{OWNER}@")
        migrate(plain_url)
        yield plain_url
    postgres_server.execute("DROP ROLE {owner}", owner=OWNER)


@pytest.fixture
def filled(platform: str) -> Postgres:
    with psycopg.connect(as_superuser(platform), options="-c TimeZone=UTC") as session:
        add_people(session)
        session.execute(FILL.encode())
        session.execute(MAILS.encode())
    return Postgres(platform)


def as_superuser(url: str) -> str:
    return url.replace(f"//{OWNER}@", "//postgres@")


def ages_left(url: str, table: str) -> list[timedelta | None]:
    """How long ago the rows expired, in whole seconds, longest ago first."""
    with psycopg.connect(as_superuser(url), options="-c TimeZone=UTC") as session:
        now = scalar(session, "SELECT now()::timestamp")
        found = rows(session, f"SELECT expires_at FROM {table} ORDER BY 1")
    assert isinstance(now, datetime)
    return [now - at if isinstance(at, datetime) else None for (at,) in found]


def test_what_expired_over_thirty_days_ago_goes_and_nothing_else(filled: Postgres) -> None:
    removed = remove_expired_rows(filled, batch_rows=3)

    expected = {"sessions": 7, "feed_items": 7, "reset_tokens": 7, "deliveries": 5}
    assert removed.counts() == expected
    with psycopg.connect(as_superuser(filled.url), options="-c TimeZone=UTC") as session:
        ages = "SELECT current_date - last_day FROM pipeline.report_deliveries ORDER BY 1"
        assert rows(session, ages) == [(89,), (97,), (98,)]
    for table in TABLES:
        left = ages_left(filled.url, table)
        expired = [age for age in left if age is not None]
        assert len(expired) == 3, table
        assert max(expired) < timedelta(days=30), table
        # A feed item without an expiry stays.
        assert left.count(None) == (table == "feed_items"), table


def test_a_second_run_finds_nothing(filled: Postgres) -> None:
    remove_expired_rows(filled)

    again = remove_expired_rows(filled)

    nothing = dict.fromkeys(again.counts(), 0)
    assert again == RemovedRows(again.cutoff, **nothing)


def test_rows_that_somebody_holds_are_not_waited_for_and_what_went_before_stays_gone(
    database: str, connection: psycopg.Connection
) -> None:
    add_people(connection)
    connection.execute(FILL.encode())
    connection.commit()
    connection.execute(
        "SELECT FROM user_sessions WHERE id = "
        "(SELECT id FROM user_sessions ORDER BY expires_at OFFSET 3 LIMIT 1) FOR UPDATE"
    )

    with pytest.raises(DatabaseUnavailableError, match="lock timeout"):
        remove_expired_rows(Postgres(database), batch_rows=3)

    connection.rollback()
    assert len(ages_left(database, "user_sessions")) == 7


@pytest.mark.parametrize(
    "trick",
    [
        "SELECT refresh_token_hash FROM user_sessions",
        "UPDATE user_sessions SET expires_at = now() - interval '1 year'",
        "DELETE FROM feed_items",
        "SELECT * FROM password_reset_tokens",
        "TRUNCATE user_sessions",
        "DELETE FROM pipeline.report_deliveries",
    ],
)
def test_the_operator_cannot_get_at_more(connection: psycopg.Connection, trick: str) -> None:
    connection.execute("SET ROLE sociallive_operator")

    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(trick.encode())


def test_the_operator_deletes_no_living_session_whatever_it_asks_for(
    database: str, connection: psycopg.Connection
) -> None:
    add_people(connection)
    connection.execute(FILL.encode())
    connection.commit()
    connection.execute("SET ROLE sociallive_operator")

    for before in ("infinity", "2999-01-01"):
        for table in ("sessions", "feed_items", "reset_tokens"):
            connection.execute(f"SELECT pipeline.delete_expired_{table}('{before}', 99)".encode())
    connection.execute("DELETE FROM user_sessions")
    connection.commit()

    assert [len(ages_left(database, table)) for table in TABLES] == [3, 4, 3]
