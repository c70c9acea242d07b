"""What a row's hash is made of: changes of it are noted, and tell a reason."""

import re
from collections.abc import Iterator

import psycopg
import pytest

from assets.ingestion.extract import select_of
from assets.ingestion.source_audit import AUDITED
from assets.ingestion.source_changes import IDENTITIES
from assets.ingestion.source_tables import SOURCE_TABLES

HASH = re.compile(
    r"^    (?:uuid_hash_extended|pipeline\.hash_engagement)\((?P<columns>.*?)\) AS row_hash",
    re.MULTILINE | re.DOTALL,
)
COLUMN = re.compile(r"\b([a-z_]+)\.([a-z_]+)")
# The audit trail's deletions are noted whatever changes in them.
TABLES = {
    "cases": "content_moderation",
    "engagement": "user_engagement",
    "followers": "user_followers",
    **{name: name for name in ("comments", "media_files", "posts", "users")},
}
# The owner of a post is a change of the post; states of mutable rows are not audited.
NOT_HASHED = {"user_engagement": {"author_id"}, "session_states": {"user_id"}}
NAMES_IN_LAKE = {"metadata": "source", "followed_at": "created_at"}
NOTED = """
    SELECT attname FROM pg_trigger
    JOIN pg_attribute ON attrelid = tgrelid AND attnum = ANY(tgattr)
    WHERE tgrelid = %s::regclass AND tgname = 'note_late_update'
"""


@pytest.fixture
def trial(database: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(database) as session:
        yield session


def hashed_columns(table: str) -> set[tuple[str, str]]:
    """Columns in the hash of a table's rows, with what the statement calls their table."""
    text = select_of(table).as_string()
    hashes = [found["columns"] for found in HASH.finditer(text)]
    assert len(hashes) == text.count("AS row_hash"), table
    return {(alias, name) for columns in hashes for alias, name in COLUMN.findall(columns)}


def test_an_update_of_any_column_that_an_audited_hash_has_is_noted(
    trial: psycopg.Connection,
) -> None:
    hashed = {pair for table in AUDITED for pair in hashed_columns(table)}

    for alias, name in hashed - {(alias, "id") for alias, _ in hashed}:
        if alias != "deletions":
            noted = {column for (column,) in trial.execute(NOTED, [TABLES[alias]])}
            assert name in noted, (alias, name)


@pytest.mark.parametrize("table", SOURCE_TABLES)
def test_a_reason_is_found_for_every_change_that_a_hash_shows(table: str) -> None:
    identity = IDENTITIES[table]
    compared = {*identity.key, *identity.facts, identity.affected, identity.actor, identity.post}

    hashed = {NAMES_IN_LAKE.get(name, name) for _, name in hashed_columns(table)}

    assert hashed
    assert hashed <= compared


@pytest.mark.parametrize("table", SOURCE_TABLES)
def test_every_column_that_a_reason_is_found_for_is_in_the_hash(table: str) -> None:
    identity = IDENTITIES[table]
    compared = {*identity.key, *identity.facts, identity.affected, identity.actor, identity.post}

    hashed = {NAMES_IN_LAKE.get(name, name) for _, name in hashed_columns(table)}

    assert compared - hashed - {None} == NOT_HASHED.get(table, set())
