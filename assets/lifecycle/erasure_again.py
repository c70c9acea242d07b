"""Apply every tombstone once more: after a restore, and to finish what was stopped."""

from collections.abc import Iterable, Iterator, Mapping
from uuid import UUID

import polars as pl

from assets.lifecycle.cold_erasure import erase_from_cold, ids_in_cold
from assets.lifecycle.erased_account import Account
from assets.lifecycle.erasure import Erasure
from assets.lifecycle.erasure_receipt import (
    Receipt,
    Removed,
    add_to,
    days_owed,
    without_zeros,
    write_receipt,
)
from assets.lifecycle.home_erasure import drop_files_of_erased
from assets.lifecycle.lake_erasure import LakeErasure
from assets.lifecycle.lake_search import LakeSearch, affected_days, refuse_damaged
from assets.lifecycle.platform_erasure import (
    account_ids,
    account_of_id,
    bury,
    ids_in_deletions,
    note_removed,
)
from assets.resources.ids_of_kinds import ids_of, of_kind, together
from assets.resources.ledger import PartitionLedger
from assets.resources.postgres import Role
from schema.erasure import IdKind
from schema.errors import CorruptPartitionError, UsageError
from schema.sql import load_sql

AGAIN = "again"


def erase_again(erasure: Erasure, *, sweep: bool = True) -> Iterator[Receipt]:
    """Finish what was stopped, then look everywhere for what has a tombstone and erase it.

    Yields a receipt per account that was in the database, and one (token `again`) of files that
    were written behind an erasure and of the sweep through lake and cold store. Without `sweep`
    that is left out: it reads all of their ids, and those of the audit trail.

    Raises:
        CorruptPartitionError: a partition of the lake cannot be read; everything else is done.
        UsageError: the tombstones were made with another key.
    """
    exchange_tombstones(erasure)
    damaged: list[CorruptPartitionError] = []
    yield from go_on_with(erasure, erasure.unfinished(), damaged)
    returned = (erasure.begin(account) for account in _returned(erasure, sweep=sweep))
    yield from go_on_with(erasure, returned, damaged)
    for token in erasure.tombstones.tokens():
        note_removed(erasure.postgres, token)
    files = _files_behind(erasure)
    if sweep:
        yield from _sweep(erasure, files)
    elif files:
        yield Receipt(AGAIN, files)
    for error in damaged:
        raise error


def go_on_with(
    erasure: Erasure, tokens: Iterable[str], damaged: list[CorruptPartitionError]
) -> Iterator[Receipt]:
    """Erase several that were begun: what cannot be read for one of them keeps up none of the rest.

    It is added to `damaged`, for whoever calls to raise at the end.
    """
    for token in tokens:
        try:
            receipt = erasure.go_on(token)
        except CorruptPartitionError as error:
            damaged.append(error)
        else:
            if receipt:
                yield receipt


def exchange_tombstones(erasure: Erasure) -> None:
    """Give the home what only the database knows, and the other way round.

    Raises:
        UsageError: the database's tombstones were made with another key than this home's.
    """
    tombstones = erasure.tombstones
    with erasure.postgres.session(Role.OPERATOR) as connection:
        rows = connection.execute(load_sql(__package__, "select_tombstones")).fetchall()
    if not rows and not tombstones.tokens():
        return
    ours = tombstones.key_id()
    if any(key_id != ours for _, key_id, _ in rows):
        raise UsageError(
            f"accounts of this database were erased from another home: bring its erasures folder "
            f"to {tombstones.folder}"
        )
    for token, _, digests in rows:
        tombstones.bury(token, pl.Series(digests, dtype=pl.Binary))
    held = {token: len(digests) for token, _, digests in rows}
    for token in tombstones.tokens():
        if held.get(token, 0) < len(tombstones.digests_of(token)):
            bury(erasure.postgres, tombstones, token, pl.Series(dtype=pl.Binary))


def _returned(erasure: Erasure, *, sweep: bool) -> Iterator[Account]:
    """Accounts that were erased before, and that the database has or names again."""
    if not erasure.tombstones.tokens():
        return
    erasure.progress("looking through the database's accounts")
    for raw in _erased(erasure, account_ids(erasure.postgres)):
        if account := account_of_id(erasure.postgres, raw):
            yield erasure.completed(account)
    if sweep:
        for raw in _erased(erasure, ids_in_deletions(erasure.postgres)):
            yield erasure.gone(UUID(bytes=raw))


def _erased(erasure: Erasure, ids: Iterable[pl.Series]) -> list[bytes]:
    """Those of the accounts' ids that have a tombstone."""
    found = [erasure.tombstones.erased_ids(ids_of(IdKind.USERS, some)) for some in ids]
    return together(found)["id"].to_list()


def _files_behind(erasure: Erasure) -> dict[str, Removed]:
    """Remove files about accounts that had been erased when they were written."""
    removed = {
        place.name: Removed(0, drop_files_of_erased(place.folder, erasure.tombstones))
        for place in erasure.places
    }
    return without_zeros(removed)


def _sweep(erasure: Erasure, files: Mapping[str, Removed]) -> Iterator[Receipt]:
    erasure.progress("looking through the lake and the cold store")
    search = LakeSearch(erasure.lake)
    cold = erasure.tombstones.erased_ids(ids_in_cold(erasure.cold))
    ids = together([search.buried(erasure.tombstones), cold])
    accounts = of_kind(ids, IdKind.USERS)
    if not accounts.is_empty():
        # A tombstone without a kind may not tell that the content is theirs.
        ids = together([ids, search.owned_by(accounts)])
    found = search.find(ids)
    targets = dict(files)
    days = days_owed(erasure.folder, AGAIN, affected_days(found.partitions))
    # Days first: whoever sweeps again after a kill finds no row any more that would tell them.
    write_receipt(erasure.folder, Receipt(AGAIN, {}, days))
    work = LakeErasure(erasure.lake, PartitionLedger(erasure.postgres))
    for partition in work.erase(found.partitions, ids, run_id=f"erasure {AGAIN}"):
        add_to(targets, f"lake/{partition.table}", partition.rows, 1)
    for month in erase_from_cold(erasure.cold, erasure.postgres, ids):
        add_to(targets, "cold/user_engagement", month.rows, month.files)
    receipt = Receipt(AGAIN, targets, days)
    write_receipt(erasure.folder, receipt)
    yield receipt
    refuse_damaged(found.damaged)
