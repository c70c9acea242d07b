import psycopg
import pytest

from schema.privacy import MAILER_BOOKS, MAILER_COLUMNS
from tests.fixtures.grants import MAILER, all_columns, granted, granted_tables
from tests.fixtures.platform_rows import People


@pytest.fixture
def as_mailer(trial: psycopg.Connection, people: People) -> psycopg.Connection:
    trial.execute(f"SET LOCAL ROLE {MAILER}".encode())
    return trial


def test_the_mailer_sees_of_the_platform_whom_it_writes_to_and_nothing_else(
    trial: psycopg.Connection,
) -> None:
    listed = {(table, name) for table, names in MAILER_COLUMNS.items() for name in names}

    assert granted(trial, MAILER, "SELECT") == listed
    for privilege in ("INSERT", "UPDATE", "REFERENCES"):
        assert granted(trial, MAILER, privilege) == set()


def test_the_mailer_works_on_its_two_books_and_sees_no_other(trial: psycopg.Connection) -> None:
    books = {name for name in all_columns(trial, "pipeline") if name[0] in MAILER_BOOKS}

    assert {table for table, _ in books} == MAILER_BOOKS
    for privilege in ("SELECT", "INSERT", "UPDATE"):
        assert granted(trial, MAILER, privilege, "pipeline") == books


@pytest.mark.parametrize("privilege", ["DELETE", "TRUNCATE", "TRIGGER"])
def test_the_mailer_removes_nothing(trial: psycopg.Connection, privilege: str) -> None:
    assert granted_tables(trial, MAILER, privilege) == set()


@pytest.mark.parametrize(
    "trick",
    [
        "SELECT * FROM users",
        "SELECT id FROM users WHERE password_hash LIKE 'a%'",
        "UPDATE users SET email = 'a@example.org'",
        "SELECT id FROM posts",
        "SELECT post_impressions FROM user_analytics",
        "SELECT pipeline.count_report_rows(gen_random_uuid())",
        "DELETE FROM pipeline.report_deliveries",
        "SELECT setval('pipeline.report_senders', 1)",
    ],
)
def test_the_mailer_cannot_get_at_more(as_mailer: psycopg.Connection, trick: str) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        as_mailer.execute(trick.encode())
