"""An account out of the platform's tables: batch by batch, each a transaction of its own."""

from collections.abc import Callable, Iterable, Iterator
from types import MappingProxyType
from typing import Any
from uuid import UUID

import adbc_driver_postgresql.dbapi as adbc
import polars as pl
import psycopg

from assets.lifecycle.erased_account import Account
from assets.lifecycle.erasing_statements import patiently, piece_by_piece, until_none_is_left
from assets.resources.identifiers import can_be_stored
from assets.resources.ids_of_kinds import SCHEMA, ids_of, of_kind
from assets.resources.postgres import Postgres, Role
from assets.resources.tombstones import Tombstones
from schema.connecting import BEGIN_SESSION
from schema.erasure import PLATFORM_BATCHES, IdKind
from schema.errors import UsageError
from schema.sql import load_sql
from schema.vocabulary import ContentType

# Rows of a batch: each follow among them holds somebody else's counters until the batch commits.
BATCH_ROWS = 1_000
CASES, KEYS, AUDIT = "content_moderation", "user_engagement_keys", "audit_log"
DELETIONS = "pipeline.post_deletions"
# Ids that one statement is asked about.
BATCH_IDS = 1_000
CASES_ABOUT = MappingProxyType(
    {
        IdKind.POSTS: ContentType.POST,
        IdKind.COMMENTS: ContentType.COMMENT,
        IdKind.MEDIA: ContentType.MEDIA,
    }
)


def find_account(postgres: Postgres, named: str) -> Account | None:
    """Find who a username or an id names, with all ids that go with the account.

    Raises:
        UsageError: one account has the username, another one the id.
    """
    if not can_be_stored(named):
        return None
    with postgres.session(Role.OPERATOR) as connection:
        found = _fetch(connection, "find_account", {"named": named})
        if len(found) > 1:
            raise UsageError(
                "this is the username of one account and the id of another: name the one that you "
                "mean the other way"
            )
        return _with_ids(connection, *found[0]) if found else None


def count_account(postgres: Postgres, account: Account) -> dict[str, int]:
    """Rows of the platform's tables that go with the account."""
    with postgres.session(Role.OPERATOR) as connection:
        return dict(_fetch(connection, "count_account_rows", {"account": account.id}))


def bury(postgres: Postgres, tombstones: Tombstones, token: str, digests: pl.Series) -> None:
    """Keep the tombstones: in the home first, where no restore takes them away."""
    tombstones.bury(token, digests)
    facts = {
        "token": token,
        "key_id": tombstones.key_id(),
        "digests": tombstones.digests_of(token).to_list(),
    }
    with postgres.session(Role.OPERATOR) as connection:
        connection.execute(load_sql(__package__, "bury_account"), facts)


def has_traces(postgres: Postgres, account: Account) -> bool:
    """Whether the platform still names an account that has no row in `users`."""
    with postgres.session(Role.OPERATOR) as connection:
        facts = {"account": account.id}
        return bool(_fetch(connection, "find_traces", facts)[0][0])


def cases_about(postgres: Postgres, content: pl.DataFrame) -> pl.DataFrame:
    """Ids of cases of moderation about content, which may be gone from the platform."""
    with postgres.session(Role.OPERATOR) as connection:
        found = [
            case.bytes
            for batch in _content_of_cases(content)
            for (case,) in _fetch(connection, "select_cases_about_content", batch)
        ]
    return ids_of(IdKind.CASES, pl.Series(found, dtype=pl.Binary))


def erase_from_platform(
    postgres: Postgres, account: Account, note: Callable[[str, int], None]
) -> None:
    """Delete what the account has in the platform's tables, and tell the rows of each.

    The counters of other accounts and posts follow in the same transactions. The account itself
    goes last: as long as a backup has anything of the rest, it has the account, too.

    Raises:
        DatabaseUnavailableError: others hold its rows for too long; run again, it goes on.
    """
    *tables, itself = PLATFORM_BATCHES
    with postgres.session(Role.OPERATOR, autocommit=True) as connection:
        ((since,),) = _fetch(connection, "select_yesterday", {})
        known = {"account": account.id}
        note(DELETIONS, patiently(connection, "erase_post_deletions", known) or 0)
        for table in tables:
            note(table, _in_batches(connection, account, table))
        for table, rows in _without_index(connection, account):
            note(table, rows)
        note(itself, _in_batches(connection, account, itself))
        # Those of this erasure's own; with the account gone there can be no more.
        patiently(connection, "erase_post_deletions", known)
        note(AUDIT, patiently(connection, "erase_new_unfollows", known | {"since": since}) or 0)
        patiently(connection, "refresh_popular_posts_after_erasure", {})


def note_removed(postgres: Postgres, token: str) -> None:
    """From here on ingestion publishes only what it read after this."""
    with postgres.session(Role.OPERATOR) as connection:
        connection.execute(load_sql(__package__, "note_account_removed"), {"token": token})


def await_publications(postgres: Postgres) -> None:
    """Return when nothing is being published that could have missed the tombstones.

    Raises:
        DatabaseUnavailableError: a publication takes very long; run again, it goes on.
    """
    with postgres.session(Role.OPERATOR, autocommit=True) as connection:
        patiently(connection, "await_publications", {})


def account_ids(postgres: Postgres) -> Iterator[pl.Series]:
    """Ids of all accounts, as they come."""
    return _stream(postgres, "select_account_ids")


def ids_in_deletions(postgres: Postgres) -> Iterator[pl.Series]:
    """Ids of accounts that ended follows and deleted posts name, as they come."""
    return _stream(postgres, "select_ids_in_deletions")


def account_of_id(postgres: Postgres, raw: bytes) -> Account | None:
    """The account of an id."""
    with postgres.session(Role.OPERATOR) as connection:
        named = str(UUID(bytes=raw))
        found = _fetch(connection, "find_account", {"named": named})
        ours = [row for row in found if row[0].bytes == raw]
        return _with_ids(connection, *ours[0]) if ours else None


def posts_of(account: Account) -> dict[str, list[str]]:
    """Ids of its posts, as keys of events are asked for."""
    return {"ids": _hex(of_kind(account.own, IdKind.POSTS))}


def told_of(account: Account) -> dict[str, Any]:
    """The account, its names, and ids of its content with kinds, as an audit row holds them."""
    return {
        "account": account.id,
        "names": [name for name in (account.username, account.email) if name],
        "kinds": account.own["kind"].to_list(),
        "ids": [str(UUID(bytes=raw)) for raw in account.own["id"]],
    }


def _with_ids(connection: psycopg.Connection, account: UUID, username: str, email: str) -> Account:
    rows = _fetch(connection, "select_ids_of_account", {"account": account})
    own = _of_rows((kind, raw) for kind, raw, is_own in rows if is_own)
    others = _of_rows((kind, raw) for kind, raw, is_own in rows if not is_own)
    return Account(account, username, email, own, others)


def _of_rows(rows: Iterable[tuple[str, UUID]]) -> pl.DataFrame:
    """Ids as statements tell them."""
    raw = [(kind, found.bytes) for kind, found in rows]
    return pl.DataFrame(raw, schema=SCHEMA, orient="row")


def _stream(postgres: Postgres, statement: str) -> Iterator[pl.Series]:
    with (
        adbc.connect(postgres.conninfo(Role.READER)) as connection,
        connection.cursor() as cursor,
    ):
        cursor.execute(BEGIN_SESSION)
        cursor.fetchall()
        cursor.execute(load_sql(__package__, statement).as_string())
        for batch in cursor.fetch_record_batch():
            yield pl.DataFrame(batch)["id"]


def _in_batches(connection: psycopg.Connection, account: Account, table: str) -> int:
    facts = {"account": account.id, "target": table, "at_most": BATCH_ROWS}
    return sum(until_none_is_left(connection, "erase_account_rows", facts))


def _without_index(connection: psycopg.Connection, account: Account) -> Iterator[tuple[str, int]]:
    """Rows that no foreign key leads to, and what they lost, statement by statement."""
    for batch in _content_of_cases(account.own):
        yield CASES, patiently(connection, "erase_cases", batch) or 0
    for rows in piece_by_piece(connection, "erase_keys_of_posts", posts_of(account), target=KEYS):
        yield KEYS, rows
    for rows in piece_by_piece(connection, "erase_audit_rows", told_of(account), target=AUDIT):
        yield AUDIT, rows


def _content_of_cases(content: pl.DataFrame) -> Iterator[dict[str, Any]]:
    """What cases may be about, in batches of one type."""
    for kind, about in CASES_ABOUT.items():
        for frame in of_kind(content, kind).to_frame().iter_slices(BATCH_IDS):
            yield {"content_type": about.value, "ids": _hex(frame.to_series())}


def _hex(ids: pl.Series) -> list[str]:
    return ids.bin.encode("hex").to_list()


def _fetch(
    connection: psycopg.Connection, statement: str, facts: dict[str, Any]
) -> list[tuple[Any, ...]]:
    return connection.execute(load_sql(__package__, statement), facts).fetchall()
