from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest

from assets.resources.cold_manifest import ColdManifest, Proof
from assets.resources.cold_months import CHAIN, ColdStore, StagedMonth
from assets.resources.manifest import MANIFEST
from assets.resources.row_count import Count
from schema.errors import ContractError, CorruptPartitionError
from tests.fixtures.folder_steps import steps_in

JANUARY, FEBRUARY, MARCH = (date(2024, month, 1) for month in (1, 2, 3))


@pytest.fixture
def store(tmp_path: Path) -> ColdStore:
    return ColdStore(tmp_path / "cold")


def stage(store: ColdStore, month: date, *parts: int) -> StagedMonth:
    """A part for each number, with that number in it."""
    return store.stage(month, [[pl.DataFrame({"n": [number]})] for number in parts])


def manifest_of(store: ColdStore, staged: StagedMonth) -> ColdManifest:
    """The next link of the chain."""
    chain, rows = store.chain(), len(staged.files)
    return ColdManifest(
        month=staged.month,
        sequence=chain.next_sequence,
        previous=chain.head,
        load_id=staged.load_id,
        files=staged.files,
        archived=Count(rows, 0),
        proof=Proof(rows, rows, None, None, {}),
        days={},
        snapshot="1:1:",
        written_at=datetime(2024, 4, 1, tzinfo=UTC),
    )


def publish(store: ColdStore, staged: StagedMonth) -> ColdManifest:
    manifest = manifest_of(store, staged)
    store.publish(staged, manifest)
    return manifest


def numbers(store: ColdStore, month: date) -> list[int]:
    manifest = store.manifest(month)
    assert manifest is not None
    return [n for path in store.paths(manifest) for n in pl.read_parquet(path)["n"]]


def test_a_month_is_on_disk_before_its_manifest_names_it_and_the_chain_comes_last(
    store: ColdStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(store, stage(store, JANUARY, 1))
    staged = stage(store, JANUARY, 2)
    steps = steps_in([store.month_folder(JANUARY), store.folder], monkeypatch)

    publish(store, staged)

    # At first the manifest, out of sight, and the folder of all months, with the name of a new one.
    assert steps == [
        *("content", "flushed", staged.files[0].name, "flushed", MANIFEST, "flushed"),
        *("content", CHAIN, "flushed"),
    ]


def test_the_store_itself_is_on_disk_before_anything_in_it_counts(
    store: ColdStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    staged = stage(store, JANUARY, 1)
    steps = steps_in([store.root, store.root.parent], monkeypatch)

    publish(store, staged)

    assert [step for step in steps if step != "content"] == ["flushed", "flushed"]


def test_nothing_stays_staged_of_rows_that_cannot_all_be_read(store: ColdStore) -> None:
    def broken() -> Iterator[pl.DataFrame]:
        yield pl.DataFrame({"n": [1]})
        raise ContractError("the second batch breaks its contract")

    with pytest.raises(ContractError):
        store.stage(JANUARY, [broken()])

    assert list((store.folder / "_staging").iterdir()) == []


def test_what_a_manifest_no_longer_names_goes(store: ColdStore) -> None:
    publish(store, stage(store, JANUARY, 1, 2))
    staged = stage(store, JANUARY, 3)
    (store.month_folder(JANUARY) / "notes.txt").touch()

    publish(store, staged)

    left = {path.name for path in store.month_folder(JANUARY).iterdir()}
    assert left == {MANIFEST, "notes.txt", staged.files[0].name}
    assert not staged.folder.exists()


def test_nothing_goes_from_a_month_that_lacks_a_file_that_is_named(store: ColdStore) -> None:
    manifest = publish(store, stage(store, JANUARY, 1, 2))
    gone, kept = store.paths(manifest)
    gone.rename(store.month_folder(JANUARY) / "part-under-another-name.parquet")

    store.finish()

    assert kept.exists()
    assert (store.month_folder(JANUARY) / "part-under-another-name.parquet").exists()


def test_files_that_are_kept_stay_readable_where_they_are_until_the_month_is_published(
    store: ColdStore,
) -> None:
    before = publish(store, stage(store, JANUARY, 1))
    staged = store.keep(stage(store, JANUARY, 2), before)
    assert numbers(store, JANUARY) == [1]

    publish(store, staged)

    assert numbers(store, JANUARY) == [1, 2]


def test_the_chain_is_told_of_a_month_that_a_killed_writer_published_and_what_it_left_goes(
    store: ColdStore,
) -> None:
    publish(store, stage(store, JANUARY, 1))
    untold = (store.folder / CHAIN).read_bytes()
    publish(store, stage(store, FEBRUARY, 2))
    told = (store.folder / CHAIN).read_bytes()
    (store.folder / CHAIN).write_bytes(untold)
    stage(store, MARCH, 3)
    left = store.month_folder(JANUARY) / "part-of-before.parquet"
    left.touch()

    store.finish()
    store.finish()

    assert (store.folder / CHAIN).read_bytes() == told
    assert not left.exists()
    assert list((store.folder / "_staging").glob("*")) == []


def test_the_chain_is_told_of_nothing_that_does_not_follow_from_it(store: ColdStore) -> None:
    publish(store, stage(store, JANUARY, 1))
    told = (store.folder / CHAIN).read_bytes()
    staged = stage(store, FEBRUARY, 2)
    forged = replace(manifest_of(store, staged), previous="another")
    store.publish(staged, forged)
    (store.folder / CHAIN).write_bytes(told)

    store.finish()

    assert (store.folder / CHAIN).read_bytes() == told


def test_without_its_chain_only_a_store_of_one_month_goes_on(store: ColdStore) -> None:
    first = publish(store, stage(store, JANUARY, 1))
    (store.folder / CHAIN).unlink()
    assert store.chain().is_continued_by(first)
    store.finish()
    publish(store, stage(store, FEBRUARY, 2))
    (store.folder / CHAIN).unlink()

    with pytest.raises(CorruptPartitionError, match=r"chain\.json is gone"):
        store.chain()
