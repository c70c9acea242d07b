import gzip
import os
from dataclasses import replace
from pathlib import Path

import pytest

from assets.lifecycle.recovery_drill import recovered, try_base
from assets.resources.postgres import Postgres
from schema.errors import BrokenBackupError
from tests.fixtures.backed_up import BackedUp, Damage, flip_a_byte
from tests.fixtures.platform_rows import scalar


def bio_of_the_fan(postgres: Postgres) -> object:
    with postgres.administration() as session:
        return scalar(session, "SELECT bio FROM users WHERE username = 'fan'")


def test_a_moment_between_two_commits_shows_the_first_and_not_the_second(
    backed_up: BackedUp,
) -> None:
    # A log without a commit after that moment would be refused.
    with recovered(*backed_up.place, until=backed_up.between) as restored:
        assert bio_of_the_fan(restored) == "first"


def test_a_moment_after_the_end_of_the_log_is_refused(backed_up: BackedUp) -> None:
    future = backed_up.between.replace(year=2999)

    with (
        pytest.raises(BrokenBackupError, match="recovery ended before configured recovery target"),
        recovered(*backed_up.place, until=future),
    ):
        raise AssertionError("nothing to see")


def test_a_backup_recovers_to_its_marker_though_nothing_was_archived_since(
    backed_up: BackedUp, copied_archive: Path
) -> None:
    assert backed_up.base.marker_segment is not None
    for path in copied_archive.glob("*.gz"):
        if path.name > f"{backed_up.base.marker_segment}.gz":
            path.unlink()

    done = try_base(backed_up.base_folder, backed_up.base, copied_archive, backed_up.site.scratch)

    assert done.recovered_until is not None
    assert done.recovered_until < backed_up.between


def test_a_base_backup_without_archived_log_recovers_to_its_own_end(backed_up: BackedUp) -> None:
    manifest = replace(backed_up.base, marker_segment=None)

    done = try_base(backed_up.base_folder, manifest, None, backed_up.site.scratch)

    assert (done.tried, done.recovered_until) == (True, None)


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (Path.unlink, "is missing"),
        (flip_a_byte, "is damaged"),
        (lambda path: os.truncate(path, 100), "is damaged"),
        (lambda path: path.write_bytes(gzip.compress(b"short")), "holds 5 bytes of a segment"),
    ],
)
def test_a_missing_or_damaged_segment_of_the_log_is_named(
    backed_up: BackedUp, copied_archive: Path, damage: Damage, said: str
) -> None:
    assert backed_up.base.marker_segment is not None
    segment = copied_archive / f"{backed_up.base.marker_segment}.gz"
    damage(segment)

    with pytest.raises(BrokenBackupError, match=f"{segment} {said}"):
        try_base(backed_up.base_folder, backed_up.base, copied_archive, backed_up.site.scratch)


def test_log_after_the_marker_is_read_to_its_end(backed_up: BackedUp, copied_archive: Path) -> None:
    newest = max(copied_archive.glob("*.gz"))
    assert newest.name > f"{backed_up.base.marker_segment}.gz"
    flip_a_byte(newest)

    with pytest.raises(BrokenBackupError, match=f"{newest} is damaged"):
        try_base(backed_up.base_folder, backed_up.base, copied_archive, backed_up.site.scratch)


def test_a_flipped_byte_in_a_base_backup_is_found(backed_up: BackedUp) -> None:
    file = next((backed_up.base_folder / "data" / "base").rglob("PG_VERSION"))
    flip_a_byte(file)

    with pytest.raises(BrokenBackupError, match="PG_VERSION"):
        try_base(*backed_up.place)

    flip_a_byte(file)
