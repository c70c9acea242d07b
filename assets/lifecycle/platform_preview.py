"""Rows of the platform's tables that an erasure would remove, counted while all are there."""

from collections import Counter
from types import MappingProxyType

from assets.lifecycle.erased_account import Account
from assets.lifecycle.erasing_statements import patiently, piece_by_piece
from assets.lifecycle.platform_erasure import (
    AUDIT,
    CASES,
    KEYS,
    count_account,
    posts_of,
    told_of,
)
from assets.resources.ids_of_kinds import of_kind
from assets.resources.postgres import Postgres, Role
from schema.erasure import IdKind

# What the account's own rows do not tell.
COUNTED_BY = MappingProxyType({"comments": "count_doomed_comments", KEYS: "count_lone_keys"})


def count_in_platform(postgres: Postgres, account: Account) -> Counter[str]:
    """What the receipt of an erasure would say of each table now.

    Raises:
        DatabaseUnavailableError: others hold rows of the audit trail for too long.
    """
    counted = Counter(count_account(postgres, account))
    counted[CASES] = len(of_kind(account.others, IdKind.CASES))
    named = {"account": account.id, **posts_of(account)}
    with postgres.session(Role.READER, autocommit=True) as connection:
        for table, statement in COUNTED_BY.items():
            counted[table] = patiently(connection, statement, named) or 0
    # Each follow that is ended leaves a row there, which goes as well.
    counted[AUDIT] = _audit_rows(postgres, account) + counted["user_followers"]
    return +counted


def _audit_rows(postgres: Postgres, account: Account) -> int:
    """Counted by the very statement that deletes them: who counts may not read the audit trail."""
    with postgres.session(Role.OPERATOR, autocommit=True) as connection:
        named = told_of(account)
        return sum(piece_by_piece(connection, "erase_audit_rows", named, target=AUDIT, undo=True))
