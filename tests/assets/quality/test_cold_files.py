import shutil

import pytest

from assets.quality.cold_files import verify_cold_store
from assets.quality.findings import alarming
from assets.resources.cold_manifest import Chain, write_chain
from assets.resources.cold_months import CHAIN
from tests.fixtures.cold import FEBRUARY, JANUARY, ColdPlatform, flip_a_byte


@pytest.fixture
def dropped(copied: ColdPlatform) -> ColdPlatform:
    """Months that only the store has."""
    copied.drop()
    return copied


def test_a_sound_store_has_one_quiet_finding(dropped: ColdPlatform) -> None:
    (finding,) = verify_cold_store(dropped.postgres, dropped.store)

    assert (finding.compared, finding.is_alarming) == (2, False)


def test_a_damaged_file_is_named_with_what_to_do(dropped: ColdPlatform) -> None:
    (path,) = dropped.paths()
    flip_a_byte(path)

    damage, quiet = verify_cold_store(dropped.postgres, dropped.store)

    assert damage.is_alarming
    assert damage.day == JANUARY
    assert damage.advice.startswith(f"{path} is damaged: other bytes than were written. ")
    assert quiet.compared == 1


def test_links_that_were_cut_off_with_their_months_are_missed(dropped: ColdPlatform) -> None:
    shutil.rmtree(dropped.store.month_folder(FEBRUARY))
    shorter = Chain(dropped.store.chain().links[:1])
    (dropped.store.folder / CHAIN).write_text(write_chain(shorter))

    (alarm,) = alarming(verify_cold_store(dropped.postgres, dropped.store))

    assert "the chain does not know the manifest for which 2024-02 was dropped" in alarm.advice
