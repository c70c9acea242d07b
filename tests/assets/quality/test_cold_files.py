import shutil

import pytest

from assets.quality.cold_files import verify_cold_store
from assets.quality.findings import alarming
from assets.resources.cold_manifest import Chain, write_chain
from assets.resources.cold_months import CHAIN
from tests.fixtures.cold import FEBRUARY, JANUARY, ColdPlatform, flip_a_byte


@pytest.fixture
def copied(platform: ColdPlatform) -> ColdPlatform:
    """January and February, copied; both are dropped."""
    for name, moment in [("one", "2024-01-15"), ("two", "2024-02-15")]:
        platform.source.add("posts", name, user_id="author")
        platform.source.add("user_engagement", name, post_id=name, created_at=moment)
    platform.archive(JANUARY)
    platform.archive(FEBRUARY)
    platform.copy()
    platform.drop()
    return platform


def test_a_sound_store_has_one_quiet_finding(copied: ColdPlatform) -> None:
    (finding,) = verify_cold_store(copied.postgres, copied.store)

    assert (finding.compared, finding.is_alarming) == (2, False)


def test_a_damaged_file_is_named_with_what_to_do(copied: ColdPlatform) -> None:
    (path,) = copied.paths()
    flip_a_byte(path)

    damage, quiet = verify_cold_store(copied.postgres, copied.store)

    assert damage.is_alarming
    assert damage.day == JANUARY
    assert damage.advice.startswith(f"{path} is damaged: other bytes than were written. ")
    assert quiet.compared == 1


def test_links_that_were_cut_off_with_their_months_are_missed(copied: ColdPlatform) -> None:
    shutil.rmtree(copied.store.month_folder(FEBRUARY))
    shorter = Chain(copied.store.chain().links[:1])
    (copied.store.folder / CHAIN).write_text(write_chain(shorter))

    (alarm,) = alarming(verify_cold_store(copied.postgres, copied.store))

    assert "the chain does not know the manifest for which 2024-02 was dropped" in alarm.advice
