import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from assets.resources.cold_inspection import inspect_cold_store, require_sound
from assets.resources.cold_months import CHAIN, ColdStore
from schema.errors import CorruptPartitionError
from tests.fixtures.cold import FEBRUARY, JANUARY, ColdPlatform, flip_a_byte


def manifest_of(store: ColdStore, month: date = JANUARY) -> Path:
    return store.month_folder(month) / "manifest.json"


def file_of(store: ColdStore) -> Path:
    (path,) = store.month_folder(JANUARY).glob("*.parquet")
    return path


def exchange_manifests(store: ColdStore) -> None:
    january, february = manifest_of(store), manifest_of(store, FEBRUARY)
    texts = january.read_text(), february.read_text()
    february.write_text(texts[0])
    january.write_text(texts[1])


def change_manifest(store: ColdStore) -> None:
    path = manifest_of(store)
    path.write_text(path.read_text().replace('"rows": 1', '"rows": 2'))


def cut_the_chain(store: ColdStore) -> None:
    path = store.folder / CHAIN
    first = store.chain().links[0].sha256
    path.write_text(path.read_text().replace(first, "0" * 64, 1))


TAMPERING: dict[Callable[[ColdStore], object], str] = {
    lambda store: flip_a_byte(file_of(store)): "other bytes than were written",
    lambda store: file_of(store).unlink(): "it is gone, with 1 rows",
    lambda store: file_of(store).write_bytes(b"PAR1"): "4 bytes instead of",
    lambda store: manifest_of(store).unlink(): "it is gone, and the chain names it",
    lambda store: manifest_of(store).write_text("{}"): "it is not a readable manifest",
    exchange_manifests: "it is that of 2024-02",
    change_manifest: "it is not the one that the chain names",
    lambda store: shutil.rmtree(store.month_folder(JANUARY)): "it is gone, and the chain names it",
    cut_the_chain: "link 2 of the chain does not follow from the one before it",
    lambda store: (store.folder / CHAIN).unlink(): "there is no readable chain of manifests",
    lambda store: (store.folder / CHAIN).write_text("[]"): (
        "there is no readable chain of manifests"
    ),
}


def test_whatever_is_not_as_it_was_written_is_found_and_not_relied_on(
    copied: ColdPlatform, tmp_path: Path
) -> None:
    assert list(inspect_cold_store(copied.store)) == []

    for number, (tamper, evidence) in enumerate(TAMPERING.items()):
        store = ColdStore(tmp_path / str(number))
        shutil.copytree(copied.store.root, store.root)
        assert require_sound(store, JANUARY).rows == 1

        tamper(store)

        found = [damage.evidence for damage in inspect_cold_store(store)]
        assert any(text.startswith(evidence) for text in found), (evidence, found)
        with pytest.raises(CorruptPartitionError):
            require_sound(store, JANUARY)


def test_a_file_that_no_manifest_names_is_found_and_not_read(copied: ColdPlatform) -> None:
    (copied.store.month_folder(JANUARY) / "part-x.parquet").touch()

    (stray,) = inspect_cold_store(copied.store)
    assert stray.evidence == "the manifest does not name it"
    assert require_sound(copied.store, JANUARY).rows == 1


def test_an_older_version_of_a_month_is_not_taken_for_the_newest(
    copied: ColdPlatform, tmp_path: Path
) -> None:
    older = shutil.copytree(copied.store.month_folder(JANUARY), tmp_path / "older")
    copied.source.execute("UPDATE user_engagement_archive SET value = 3")
    copied.copy()
    shutil.rmtree(copied.store.month_folder(JANUARY))
    shutil.copytree(older, copied.store.month_folder(JANUARY))

    with pytest.raises(CorruptPartitionError, match="not the one that the chain names"):
        require_sound(copied.store, JANUARY)


def test_a_month_that_was_never_copied_is_not_sound(copied: ColdPlatform) -> None:
    with pytest.raises(CorruptPartitionError, match="the cold store has no copy of the month"):
        require_sound(copied.store, JANUARY.replace(year=2023))
