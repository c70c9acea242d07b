from pathlib import Path

import pytest

from assets.lifecycle.base_backup import verify_base
from assets.resources.embedded_binaries import PostgresPackage


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
