import psycopg
import pytest

from tests.fixtures.platform_rows import People, add_post, rows, scalar

KNOWN = "SELECT post_id FROM pipeline.post_deletions"
MADE_AGAIN = (
    "INSERT INTO posts (id, user_id, content, created_at) VALUES (%s, %s, 'text', '2024-01-03')"
)


@pytest.fixture
def posts(trial: psycopg.Connection, people: People) -> set[object]:
    """Posts of two authors."""
    return {people.post, add_post(trial, people.author), add_post(trial, people.fan)}


def known(connection: psycopg.Connection) -> set[object]:
    return {post for (post,) in rows(connection, KNOWN)}


@pytest.mark.parametrize(
    "statement",
    ["DELETE FROM posts", "DELETE FROM users", "TRUNCATE posts CASCADE", "TRUNCATE users CASCADE"],
)
def test_posts_that_go_are_remembered_however_they_go(
    trial: psycopg.Connection, posts: set[object], statement: str
) -> None:
    trial.execute(statement.encode())

    assert known(trial) == posts


def test_a_post_is_remembered_as_it_stood_with_the_moment_of_its_deletion(
    trial: psycopg.Connection, people: People
) -> None:
    trial.execute("UPDATE posts SET media_type = 'VIDEO', deleted_at = '2024-01-02'")
    stood = rows(
        trial,
        "SELECT id, user_id, visibility, media_type, created_at, deleted_at, now() FROM posts",
    )

    trial.execute("DELETE FROM posts")

    assert rows(trial, "SELECT * FROM pipeline.post_deletions") == stood


def test_a_post_that_was_inserted_again_and_deleted_again_was_deleted_the_last_time(
    trial: psycopg.Connection, people: People
) -> None:
    trial.execute("DELETE FROM posts")
    trial.execute("UPDATE pipeline.post_deletions SET deleted_at = '2024-01-02'")
    with trial.transaction():
        trial.execute("SET LOCAL sociallive.noted_in_bulk = 'on'")
        trial.execute(MADE_AGAIN, [people.post, people.fan])

    trial.execute("DELETE FROM posts")

    assert rows(trial, "SELECT user_id, deleted_at = now() FROM pipeline.post_deletions") == [
        (people.fan, True)
    ]


def test_a_post_that_is_inserted_again_leaves_and_no_other_one_does(
    trial: psycopg.Connection, people: People
) -> None:
    """Also where the other one is there again, for a bulk load to say so."""
    other = add_post(trial, people.author)
    trial.execute("DELETE FROM posts")
    with trial.transaction():
        trial.execute("SET LOCAL sociallive.noted_in_bulk = 'on'")
        trial.execute(MADE_AGAIN, [other, people.author])
        trial.execute("SET LOCAL sociallive.noted_in_bulk = 'off'")

    trial.execute(MADE_AGAIN, [people.post, people.author])

    assert known(trial) == {other}


def test_a_role_that_may_only_delete_posts_is_remembered_and_sees_nothing_of_it(
    trial: psycopg.Connection, people: People
) -> None:
    trial.execute("CREATE ROLE platform_app")
    trial.execute("GRANT SELECT, UPDATE, DELETE ON posts, users TO platform_app")
    trial.execute("CREATE SCHEMA hostile CREATE TABLE deleted (LIKE posts)")
    trial.execute("SET LOCAL search_path = hostile, public, pg_catalog")
    trial.execute("SET LOCAL ROLE platform_app")

    trial.execute("DELETE FROM posts")

    with pytest.raises(psycopg.errors.InsufficientPrivilege), trial.transaction():
        trial.execute("SELECT * FROM pipeline.post_deletions")
    trial.execute("RESET ROLE")
    assert known(trial) == {people.post}


def test_a_deletion_that_is_rolled_back_is_not_remembered(
    trial: psycopg.Connection, people: People
) -> None:
    with trial.transaction(force_rollback=True):
        trial.execute("DELETE FROM posts")

    assert known(trial) == set()


@pytest.mark.parametrize("role", ["sociallive_reader", "sociallive_writer", "sociallive_operator"])
def test_nobody_deletes_or_adds_a_deletion_but_by_deleting_a_post(
    trial: psycopg.Connection, people: People, role: str
) -> None:
    trial.execute("DELETE FROM posts")
    trial.execute(f"SET LOCAL ROLE {role}".encode())

    for statement in (
        "DELETE FROM pipeline.post_deletions",
        "INSERT INTO pipeline.post_deletions (post_id, user_id) VALUES (%s, %s)",
        "SELECT pipeline.note_restored_posts()",
    ):
        values = [people.post, people.author] if "%s" in statement else None
        with pytest.raises(psycopg.errors.InsufficientPrivilege), trial.transaction():
            trial.execute(statement.encode(), values)


def test_the_operator_counts_and_erases_those_of_one_account(
    trial: psycopg.Connection, people: People, posts: set[object]
) -> None:
    trial.execute("DELETE FROM posts")
    trial.execute("SET LOCAL ROLE sociallive_operator")
    count = "SELECT row_count FROM pipeline.count_post_deletions(%(account)s)"

    assert scalar(trial, count, account=people.author) == 2
    erase = "SELECT pipeline.erase_post_deletions(%(account)s)"
    assert scalar(trial, erase, account=people.author) == 2
    assert rows(trial, count, account=people.author) == []
    trial.execute("RESET ROLE")
    assert len(known(trial)) == 1
    assert len(posts) == 3
