"""Where the lake holds rows of given ids: as published, and in what killed runs have left."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from typing import TypeVar

import polars as pl

from assets.lifecycle.parquet_erasure import count_named, distinct_ids, owned_ids
from assets.resources.ids_of_kinds import ids_of, of_kind, together
from assets.resources.lake import STAGING, Lake
from assets.resources.parquet import columns_of
from assets.resources.tombstones import Tombstones
from schema.erasure import LAKE_RULES, IdKind
from schema.errors import CorruptPartitionError, PartitionLockedError

# So often a search begins again because a run has replaced a file that it was about to read.
ATTEMPTS = 5
COMMENTS, ANSWERS = "comments", ("parent_id", "id")
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class ErasedPartition:
    """Rows that a partition holds, or has lost."""

    table: str
    day: date
    rows: int


@dataclass(frozen=True, slots=True)
class Found:
    """Partitions with rows of the ids, and those that cannot be read: each in a sentence."""

    partitions: list[ErasedPartition]
    damaged: list[str]


@dataclass(frozen=True, slots=True)
class LakeSearch:
    """Reads id columns beside runs that publish; what is damaged is left out, and named."""

    lake: Lake

    def find(self, ids: pl.DataFrame) -> Found:
        """Partitions with rows that name one of the ids: one pass over each table's id columns.

        Raises:
            PartitionLockedError: runs replace files faster than they can be read.
        """
        partitions: list[ErasedPartition] = []
        damaged: list[str] = []
        for table in LAKE_RULES:
            rows, unreadable = again_when_replaced(partial(self._find, table, ids))
            partitions += rows
            damaged += unreadable
        return Found(partitions, damaged)

    def owned_by(self, accounts: pl.Series) -> pl.DataFrame:
        """Ids of content that the lake knows of accounts, though the platform may have lost it."""
        found = [
            ids_of(
                rule.named_by[rule.owned[1]],
                again_when_replaced(partial(self._owned, table, rule.owned, accounts)),
            )
            for table, rule in LAKE_RULES.items()
            if rule.owned
        ]
        return together(found)

    def answers_to(self, ids: pl.DataFrame) -> pl.DataFrame:
        """Ids of comments that answer a comment of these, or an answer to it, and so on."""
        asked = of_kind(ids, IdKind.COMMENTS)
        found = asked.clear()
        while not asked.is_empty():
            answers = again_when_replaced(partial(self._owned, COMMENTS, ANSWERS, asked))
            asked = answers.filter(~answers.is_in(found.implode()))
            found = pl.concat([found, asked])
        return ids_of(IdKind.COMMENTS, found)

    def buried(self, tombstones: Tombstones) -> pl.DataFrame:
        """Ids in the lake that have a tombstone, a file at a time."""
        return together(
            again_when_replaced(partial(self._buried, table, tombstones)) for table in LAKE_RULES
        )

    def abandoned(self, ids: pl.DataFrame) -> set[tuple[str, date]]:
        """Partitions of which killed runs have left a file with one of the ids, or a torn one."""
        return {
            (table, day)
            for table in LAKE_RULES
            for day, path in self._leftovers(table)
            if _holds(path, table, ids)
        }

    def unnamed(self, table: str, day: date) -> list[Path]:
        """Files of a partition's folder that its manifest does not name."""
        held = sorted(self.lake.partition_folder(table, day).glob("*.parquet"))
        manifest = self.lake.manifest(table, day)
        named = {file.name for file in manifest.files} if manifest else set()
        return [path for path in held if path.name not in named]

    def _leftovers(self, table: str) -> Iterator[tuple[date, Path]]:
        """Files that no manifest names: staged and never published, or replaced and not removed."""
        for path in (self.lake.root / STAGING / table).glob("date=*/*/*.parquet"):
            yield _day_of(path.parent.parent), path
        for folder in sorted((self.lake.root / table).glob("date=*")):
            day = _day_of(folder)
            yield from ((day, path) for path in self.unnamed(table, day))

    def _owned(self, table: str, owned: tuple[str, str], owners: pl.Series) -> pl.Series:
        return owned_ids(self._files(table)[0], owned, owners)

    def _find(self, table: str, ids: pl.DataFrame) -> tuple[list[ErasedPartition], list[str]]:
        files, damaged = self._files(table)
        per_day: dict[date, int] = {}
        for path, rows in count_named(files, LAKE_RULES[table].named_by, ids).items():
            day = _day_of(path.parent)
            per_day[day] = per_day.get(day, 0) + rows
        return [ErasedPartition(table, day, n) for day, n in sorted(per_day.items())], damaged

    def _files(self, table: str) -> tuple[list[Path], list[str]]:
        """Published files of all days, and why there are none of some."""
        files: list[Path] = []
        damaged: list[str] = []
        for day in self.lake.published_days(table):
            try:
                files += self._partition(table, day)
            except CorruptPartitionError as error:
                damaged.append(str(error))
        return files, damaged

    def _partition(self, table: str, day: date) -> list[Path]:
        """Files of a partition; the manifest is read again when they are not as it says."""
        for _ in range(ATTEMPTS - 1):
            with suppress(CorruptPartitionError):
                return self.lake.files(table, [day])
        return self.lake.files(table, [day])

    def _buried(self, table: str, tombstones: Tombstones) -> pl.DataFrame:
        left = [path for _, path in self._leftovers(table) if is_whole(path)]
        return together(
            tombstones.erased_ids(distinct_ids([path], LAKE_RULES[table].named_by))
            for path in (*self._files(table)[0], *left)
        )


def again_when_replaced(search: Callable[[], Result]) -> Result:
    """Search again when a listed file is gone: a run has published its day anew meanwhile.

    Raises:
        PartitionLockedError: it happened each time.
    """
    for _ in range(ATTEMPTS):
        try:
            return search()
        except FileNotFoundError:
            continue
    raise PartitionLockedError(
        "runs publish days of the lake faster than they can be searched: wait until they have "
        "ended, then run again"
    )


def refuse_damaged(damaged: Sequence[str]) -> None:
    """Leave an erasure unfinished that could not read all of the lake, or a file.

    Raises:
        CorruptPartitionError: names what is damaged.
    """
    if damaged:
        raise CorruptPartitionError(
            f"{len(damaged)} places cannot be searched for the account: {'; '.join(damaged)}. "
            "Everything else is erased. Mend them, or remove the folder of a day of the lake that "
            "PostgreSQL no longer has, then run `sociallive erase --again`"
        )


def affected_days(found: Iterable[ErasedPartition]) -> list[date]:
    """Days with rows that are gone, oldest first."""
    return sorted({partition.day for partition in found})


def is_whole(path: Path) -> bool:
    """Whether a file can be read: one that was being written when its run was killed cannot."""
    try:
        columns_of(path)
    except (pl.exceptions.ComputeError, FileNotFoundError):
        return False
    return True


def _holds(path: Path, table: str, ids: pl.DataFrame) -> bool:
    """Whether a file may hold one of the ids; not if its run has published or removed it."""
    if not is_whole(path):
        return path.exists()
    try:
        return bool(count_named([path], LAKE_RULES[table].named_by, ids))
    except FileNotFoundError:
        return False


def _day_of(folder: Path) -> date:
    return date.fromisoformat(folder.name.removeprefix("date="))
