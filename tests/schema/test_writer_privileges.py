import psycopg
import pytest

from tests.fixtures.grants import READER, WRITER, all_columns, granted, granted_tables
from tests.fixtures.platform_rows import People, scalar

# What the pipeline writes, and what it must read to do so.
WRITTEN = {"user_analytics", "system_metrics"}
READ_BY_WRITER = {
    "posts": {"id", "user_id", "created_at", "deleted_at", "visibility", "engagement_score"},
    "users": {"id"},
}


@pytest.fixture
def as_writer(trial: psycopg.Connection, people: People) -> psycopg.Connection:
    trial.execute(f"SET LOCAL ROLE {WRITER}".encode())
    return trial


def test_the_writer_reads_and_writes_its_tables_and_columns_only(
    trial: psycopg.Connection,
) -> None:
    written = {name for name in all_columns(trial) if name[0] in WRITTEN}
    read = {(table, column) for table, columns in READ_BY_WRITER.items() for column in columns}

    assert granted(trial, WRITER, "SELECT") == written | read
    assert granted(trial, WRITER, "INSERT") == written
    assert granted(trial, WRITER, "UPDATE") == written | {("posts", "engagement_score")}


def test_rows_are_deleted_by_the_writer_from_its_tables_only(trial: psycopg.Connection) -> None:
    books = {"pipeline.partition_ledger", "pipeline.day_changes", "pipeline.source_changes"}

    assert granted_tables(trial, WRITER, "DELETE") == WRITTEN | books
    for privilege in ("TRUNCATE", "TRIGGER"):
        assert granted_tables(trial, WRITER, privilege) == set()
    assert granted_tables(trial, READER, "DELETE") == set()


def test_the_writer_writes_numbers_of_users_that_exist(
    as_writer: psycopg.Connection, people: People
) -> None:
    insert = "INSERT INTO user_analytics (user_id, date) VALUES (%s, '2024-02-29')"

    as_writer.execute(insert.encode(), [people.fan])

    with pytest.raises(psycopg.errors.ForeignKeyViolation):
        as_writer.execute(insert.encode(), [people.post])


def test_the_writer_can_refresh_popular_posts(as_writer: psycopg.Connection) -> None:
    as_writer.execute("SELECT refresh_popular_posts()")

    as_writer.execute("RESET ROLE")
    assert scalar(as_writer, "SELECT count(*) FROM popular_posts") == 1


@pytest.mark.parametrize(
    "trick",
    [
        "UPDATE posts SET content = 'hacked'",
        "UPDATE posts SET engagement_score = 0 RETURNING content",
        "SELECT content FROM posts",
        "DELETE FROM posts",
        "SELECT * FROM users",
        "INSERT INTO user_engagement_keys SELECT",
        "UPDATE pipeline.schema_migrations SET sha256 = ''",
        "TRUNCATE system_metrics",
    ],
)
def test_the_writer_cannot_get_at_more(as_writer: psycopg.Connection, trick: str) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        as_writer.execute(trick.encode())
