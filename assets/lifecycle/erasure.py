"""Erase an account everywhere: tombstones first, then place by place, each step resumable."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from uuid import UUID

from assets.lifecycle.cold_erasure import count_in_cold, erase_from_cold
from assets.lifecycle.erased_account import (
    IS_UUID,
    Account,
    forget_pending,
    keep_pending,
    pending_tokens,
    read_pending,
)
from assets.lifecycle.erasure_lock import erasing_alone
from assets.lifecycle.erasure_receipt import (
    Receipt,
    Removed,
    add_to,
    days_owed,
    without_zeros,
    write_receipt,
)
from assets.lifecycle.home_erasure import Place
from assets.lifecycle.lake_erasure import LakeErasure
from assets.lifecycle.lake_search import LakeSearch, affected_days, refuse_damaged
from assets.lifecycle.platform_erasure import (
    await_publications,
    bury,
    cases_about,
    count_account,
    erase_from_platform,
    find_account,
    has_traces,
    note_removed,
)
from assets.lifecycle.platform_preview import count_in_platform
from assets.resources.cold_months import ColdStore
from assets.resources.day_changes import changed_days, noted_changes
from assets.resources.lake import Lake
from assets.resources.ledger import PartitionLedger
from assets.resources.postgres import Postgres, Role
from assets.resources.tombstones import Tombstones
from schema.sql import load_sql
from schema.windows import DayRange

# Rows of these go with that of the account.
CASCADING = (
    "pipeline.source_changes",
    "pipeline.restatements",
    "pipeline.report_preferences",
    "pipeline.report_deliveries",
)
Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Erasure:
    """All places that an account may be in.

    The order holds against kills and other runs: tombstones, so that nothing new is published of
    the account; the platform, so that nothing can be read of it; what was read before.
    """

    postgres: Postgres
    lake: Lake
    tombstones: Tombstones
    cold: ColdStore
    places: Sequence[Place]
    progress: Progress

    @property
    def folder(self) -> Path:
        """Where tombstones, receipts and unfinished erasures lie."""
        return self.tombstones.folder

    def find(self, named: str) -> Account | None:
        """The account of a username or an id, with content that only the lake still knows.

        One that the platform has deleted already has its id only, and is found by what is left.

        Raises:
            UsageError: one account has the username, another one the id.
        """
        account = find_account(self.postgres, named)
        if account:
            return self.completed(account)
        gone = self.gone(UUID(named)) if IS_UUID.fullmatch(named) else None
        is_left = gone and (self.preview(gone).targets or has_traces(self.postgres, gone))
        return gone if is_left else None

    def completed(self, account: Account) -> Account:
        """The account with content that the platform has forgotten and the lake has not."""
        known = account.owning(self._search.owned_by(account.itself))
        return known.involving(cases_about(self.postgres, known.own))

    def gone(self, account: UUID) -> Account:
        """An account that the platform has deleted: with what the lake knows of it, and answers."""
        known = self.completed(Account(account, "", ""))
        return known.involving(self._search.answers_to(known.own))

    def preview(self, account: Account) -> Receipt:
        """Count what the receipt would say, line by line; makes no key and no tombstone."""
        targets = {
            name: Removed(rows, 0)
            for name, rows in count_in_platform(self.postgres, account).items()
        }
        found = self._search.find(account.ids)
        unread = tuple(found.damaged)
        for partition in found.partitions:
            add_to(targets, f"lake/{partition.table}", partition.rows, 1)
        for rows in count_in_cold(self.cold, account.ids).values():
            add_to(targets, "cold/user_engagement", rows, 1)
        for place in self.places:
            removal = place.rule(place.folder, account, remove=False)
            add_to(targets, place.name, removal.rows, removal.files)
            unread += removal.unread
        days = tuple(affected_days(found.partitions))
        return Receipt("", without_zeros(targets), days, unread)

    def alone(self) -> AbstractContextManager[None]:
        """Keep other erasures of this database out, and whoever writes files about people.

        Raises:
            PartitionLockedError: one of them is at work.
        """
        return erasing_alone(self.postgres)

    def begin(self, account: Account) -> str:
        """Keep who it is until it is done; from then on a killed run goes on where it was.

        What is known of one that was begun before stays known: by now the platform may know less.
        """
        token = self.tombstones.token_of(account.id.bytes)
        begun = read_pending(self.folder, token)
        if begun is None:
            self._note_state(token, "forget_amounts")
        keep_pending(self.folder, token, account.together_with(begun) if begun else account)
        return token

    def unfinished(self) -> list[str]:
        """Erasures that were begun and not finished."""
        return pending_tokens(self.folder)

    def go_on(self, token: str) -> Receipt | None:
        """Erase what was begun; none when nothing of it is left to do.

        Raises:
            CorruptPartitionError: a day of the lake or a file cannot be read; all else is done.
            DatabaseUnavailableError: others hold rows for too long; what is erased stays erased.
            PartitionLockedError: a run works on a partition of the lake.
            StorageError: a disk is full or cannot be written.
        """
        account = read_pending(self.folder, token)
        if account is None:
            return None
        self._bury(token, account)
        self._note_state(token, "begin_erasure")
        self._platform(token, account)
        account, damaged = self._in_lake(token, account)
        damaged += self._files(token, account)
        refuse_damaged(damaged)
        days = days_owed(self.folder, token, self._days_to_run(account))
        receipt = Receipt(token, self._targets(token), days)
        write_receipt(self.folder, receipt)
        self._note_state(token, "finish_erasure")
        forget_pending(self.folder, token)
        return receipt

    def _bury(self, token: str, account: Account) -> None:
        bury(self.postgres, self.tombstones, token, account.tombstones(self.tombstones))

    def _platform(self, token: str, account: Account) -> None:
        self.progress("erasing from the platform's tables")
        counted = count_account(self.postgres, account)
        erase_from_platform(
            self.postgres, account, lambda table, rows: self.note(token, table, rows)
        )
        # Once they are gone: an erasure that somebody was in the way of counts them again.
        for table in CASCADING:
            self.note(token, table, counted.get(table, 0))
        note_removed(self.postgres, token)
        await_publications(self.postgres)

    def _in_lake(self, token: str, account: Account) -> tuple[Account, list[str]]:
        self.progress("looking through the lake")
        # Content that the account made while its rows were being deleted.
        account = self.completed(account)
        self._bury(token, account)
        found = self._search.find(account.ids)
        account = account.counted_on(affected_days(found.partitions))
        keep_pending(self.folder, token, account)
        work = LakeErasure(self.lake, PartitionLedger(self.postgres))
        for partition in work.erase(found.partitions, account.ids, run_id=f"erasure {token}"):
            self.progress(f"erasing from the lake: {partition.table} of {partition.day}")
            self.note(token, f"lake/{partition.table}", partition.rows, 1)
        return account, found.damaged

    def _files(self, token: str, account: Account) -> list[str]:
        self.progress("erasing from files")
        unread: list[str] = []
        for place in self.places:
            removal = place.rule(place.folder, account, remove=True)
            self.note(token, place.name, removal.rows, removal.files)
            unread += removal.unread
        # Last: a month that is damaged, or being written, stops it.
        for month in erase_from_cold(self.cold, self.postgres, account.ids):
            self.note(token, "cold/user_engagement", month.rows, month.files)
        return unread

    def _note_state(self, token: str, statement: str) -> None:
        with self.postgres.session(Role.OPERATOR) as connection:
            connection.execute(load_sql(__package__, statement), {"token": token})

    def note(self, token: str, target: str, rows: int, parts: int = 0) -> None:
        """Add what was removed to the books."""
        if rows or parts:
            facts = {"token": token, "target": target, "rows": rows, "parts": parts}
            with self.postgres.session(Role.OPERATOR) as connection:
                connection.execute(load_sql(__package__, "note_erasure"), facts)

    def _targets(self, token: str) -> dict[str, Removed]:
        statement = load_sql(__package__, "select_erasure_targets")
        with self.postgres.session(Role.OPERATOR) as connection:
            rows = connection.execute(statement, {"token": token}).fetchall()
        return {target: Removed(count, parts) for target, count, parts in rows}

    def _days_to_run(self, account: Account) -> tuple[date, ...]:
        """Published days that have lost rows in the lake, or of which a change is noted."""
        published = self.lake.published_days("users")
        if not published:
            return ()
        with self.postgres.session(Role.READER) as connection:
            noted = changed_days(noted_changes(connection, DayRange(published[0], published[-1])))
        return tuple(sorted({*account.days, *noted.intersection(published)}))

    @property
    def _search(self) -> LakeSearch:
        return LakeSearch(self.lake)
