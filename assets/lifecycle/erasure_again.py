"""Apply every tombstone once more: after a restore, and to finish what was stopped."""

from collections.abc import Iterator

import polars as pl

from assets.lifecycle.cold_erasure import NAMED_BY, cold_files, erase_from_cold
from assets.lifecycle.erasure import Erasure
from assets.lifecycle.erasure_receipt import Receipt, Removed
from assets.lifecycle.lake_erasure import LakeErasure, affected_days
from assets.lifecycle.parquet_erasure import distinct_ids
from assets.lifecycle.platform_erasure import account_ids, account_of_id, bury, note_removed
from assets.resources.ledger import PartitionLedger
from assets.resources.postgres import Role
from schema.errors import UsageError
from schema.sql import load_sql

PACKAGE = "assets.lifecycle"
AGAIN = "again"


def erase_again(erasure: Erasure, *, sweep: bool = True) -> Iterator[Receipt]:
    """Finish what was stopped, then look everywhere for what has a tombstone and erase it.

    Yields a receipt per account that was in the database, and one of the sweep through lake and
    cold store (token `again`), which without `sweep` is left out: it reads all of their ids.

    Raises:
        UsageError: the tombstones were made with another key.
    """
    exchange_tombstones(erasure)
    for token in erasure.unfinished():
        if receipt := erasure.go_on(token):
            yield receipt
    for raw in _returned(erasure):
        account = account_of_id(erasure.postgres, raw)
        if account and (receipt := erasure.go_on(erasure.begin(erasure.completed(account)))):
            yield receipt
    for token in erasure.tombstones.tokens():
        note_removed(erasure.postgres, token)
    if sweep:
        yield _sweep(erasure)


def exchange_tombstones(erasure: Erasure) -> None:
    """Give the home what only the database knows, and the other way round.

    Raises:
        UsageError: the database's tombstones were made with another key than this home's.
    """
    tombstones = erasure.tombstones
    with erasure.postgres.session(Role.OPERATOR) as connection:
        rows = connection.execute(load_sql(PACKAGE, "select_tombstones")).fetchall()
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


def _returned(erasure: Erasure) -> list[bytes]:
    """Ids of accounts in the database that were erased before."""
    if not erasure.tombstones.tokens():
        return []
    erasure.progress("looking through the database's accounts")
    return [
        raw
        for ids in account_ids(erasure.postgres)
        for raw in erasure.tombstones.erased(ids).to_list()
    ]


def _sweep(erasure: Erasure) -> Receipt:
    erasure.progress("looking through the lake and the cold store")
    lake = LakeErasure(erasure.lake, PartitionLedger(erasure.postgres))
    cold = distinct_ids(cold_files(erasure.cold), NAMED_BY)
    ids = pl.concat([lake.buried(erasure.tombstones), erasure.tombstones.erased(cold)]).unique()
    targets: dict[str, Removed] = {}
    found = list(lake.erase(ids, run_id=f"erasure {AGAIN}"))
    for partition in found:
        before = targets.get(f"lake/{partition.table}", Removed(0, 0))
        targets[f"lake/{partition.table}"] = Removed(before.rows + partition.rows, before.parts + 1)
    for month in erase_from_cold(erasure.cold, erasure.postgres, ids):
        before = targets.get("cold/user_engagement", Removed(0, 0))
        targets["cold/user_engagement"] = Removed(
            before.rows + month.rows, before.parts + month.files
        )
    return Receipt(AGAIN, targets, tuple(affected_days(found)))
