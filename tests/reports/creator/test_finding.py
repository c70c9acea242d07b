from uuid import UUID

import psycopg
import pytest

from assets.resources.identifiers import uuid_of
from assets.resources.postgres import Postgres
from reports.creator.finding import find_creator
from schema.errors import UsageError
from tests.fixtures.platform_rows import add_user


@pytest.fixture
def people(connection: psycopg.Connection) -> dict[str, UUID]:
    names = ("Ana", "ana", "Ben", "gone", "Gone too", "GONE TOO")
    found = {name: add_user(connection, name) for name in names}
    connection.execute("UPDATE users SET deleted_at = now() WHERE username IN ('gone', 'Gone too')")
    connection.commit()
    return found


def test_a_name_or_an_id_is_found(database: str, people: dict[str, UUID]) -> None:
    named = {
        "Ana": "Ana",
        "ana": "ana",
        "Ben": "Ben",
        "bEN": "Ben",
        str(people["ana"]): "ana",
        people["Ben"].hex.upper(): "Ben",
        "gone too": "GONE TOO",
    }

    for text, name in named.items():
        assert find_creator(Postgres(database), text) == people[name], text


def test_a_name_that_looks_like_an_id_is_a_name(
    database: str, connection: psycopg.Connection, people: dict[str, UUID]
) -> None:
    odd = add_user(connection, str(people["Ben"]))
    connection.commit()

    assert find_creator(Postgres(database), str(people["Ben"])) == odd


def test_an_account_is_found_by_the_id_that_it_had_where_it_was_loaded_from(
    database: str, connection: psycopg.Connection, people: dict[str, UUID]
) -> None:
    connection.execute(
        "UPDATE users SET id = %s WHERE id = %s", [uuid_of("author-7"), people["Ben"]]
    )
    connection.commit()

    assert find_creator(Postgres(database), "author-7") == uuid_of("author-7")


@pytest.mark.parametrize(
    "text", ["nobody", "", "An", "An%", "ana' OR '1'='1", "a\0b", "\ud800", str(UUID(int=7))]
)
def test_whoever_is_not_there_is_not_found(
    database: str, people: dict[str, UUID], text: str
) -> None:
    with pytest.raises(UsageError, match=r"there is no account .*: give a username as"):
        find_creator(Postgres(database), text)


@pytest.mark.parametrize("text", ["gone", "GONE", "Gone too"])
def test_a_deleted_account_gets_no_report(
    database: str, people: dict[str, UUID], text: str
) -> None:
    with pytest.raises(UsageError, match=f"the account '{text}' was deleted: it gets no report"):
        find_creator(Postgres(database), text)


def test_several_names_that_differ_in_case_only_are_told(
    database: str, people: dict[str, UUID]
) -> None:
    with pytest.raises(UsageError, match="2 accounts are called 'ANA' but for upper and lower"):
        find_creator(Postgres(database), "ANA")
