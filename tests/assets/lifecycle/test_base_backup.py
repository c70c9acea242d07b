from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from assets.lifecycle.backup_folder import BASES, BackupFolder, name_of
from assets.lifecycle.backup_manifest import to_json
from assets.lifecycle.base_backup import remove_old_segments, take_base, verify_base
from assets.resources.clock import utc_now
from assets.resources.embedded_binaries import PostgresPackage
from assets.resources.postgres_programs import find_programs
from schema.errors import BackupFailedError
from tests.fixtures.backed_up import BackedUp


@pytest.mark.parametrize(
    ("others", "server_major", "reads_log"),
    [((), 15, False), (("pg_waldump",), 15, True), (("pg_waldump",), 14, False)],
)
def test_a_base_backup_is_verified_without_its_log_where_no_program_of_its_version_can_read_it(
    others: tuple[str, ...], server_major: int, reads_log: bool, tmp_path: Path
) -> None:
    for name in ("pg_verifybackup", *others):
        (tmp_path / name).write_text(f'#!/bin/sh\necho "$@" > {tmp_path}/asked\n')
        (tmp_path / name).chmod(0o700)

    verify_base(PostgresPackage(tmp_path, "15.18", Path()), tmp_path, server_major=server_major)

    asked = (tmp_path / "asked").read_text()
    assert ("--no-parse-wal" not in asked) is reads_log


DAMAGING = """#!/bin/sh
{program} "$@" || exit
for option; do
    case $option in --pgdata=*) printf x >> "${{option#--pgdata=}}/PG_VERSION" ;; esac
done
"""


def test_a_base_backup_that_was_copied_wrong_is_refused_at_once_and_leaves_nothing(
    backed_up: BackedUp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = find_programs(major=backed_up.base.server_major)
    for program in real.program("pg_basebackup").parent.iterdir():
        (tmp_path / program.name).symlink_to(program)
    copying = tmp_path / "pg_basebackup"
    copying.unlink()
    copying.write_text(DAMAGING.format(program=real.program("pg_basebackup")))
    copying.chmod(0o700)
    damaging = PostgresPackage(tmp_path, real.version, Path())
    monkeypatch.setattr("assets.lifecycle.base_backup.find_programs", lambda **_: damaging)
    folder = BackupFolder(tmp_path / "backups")

    with folder.lock(), pytest.raises(BackupFailedError, match="PG_VERSION"):
        take_base(backed_up.site.postgres, None, folder, name_of(utc_now()))

    assert folder.names(BASES) == []


def test_log_that_no_kept_base_backup_needs_is_removed(
    backed_up: BackedUp, copied_archive: Path
) -> None:
    embedded = backed_up.site.embedded
    assert embedded is not None
    older = backed_up.archive / "000000010000000000000001.gz"
    older.touch()
    kept = {path.name for path in copied_archive.iterdir()} - {older.name}

    remove_old_segments(embedded, backed_up.site.folder)

    assert {path.name for path in backed_up.archive.iterdir()} == kept


def test_log_that_the_older_of_two_base_backups_needs_stays(
    backed_up: BackedUp, tmp_path: Path
) -> None:
    embedded, folder = backed_up.site.embedded, BackupFolder(tmp_path)
    assert embedded is not None
    newer = replace(backed_up.base, first_segment=f"{backed_up.base.first_segment[:-2]}F0")
    for hours, base in enumerate((backed_up.base, newer)):
        path = folder.path(BASES, name_of(base.started_at + timedelta(hours=hours)))
        path.mkdir(parents=True)
        (path / "manifest.json").write_text(to_json(base))
    needed = {path.name for path in backed_up.archive.iterdir()}
    (backed_up.archive / "000000010000000000000001.gz").touch()

    remove_old_segments(embedded, folder)

    assert {path.name for path in backed_up.archive.iterdir()} == needed
