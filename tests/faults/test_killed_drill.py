import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from assets.lifecycle.backup_folder import BackupFolder
from assets.lifecycle.database_dump import dump_database
from assets.lifecycle.drill_records import read_records
from assets.resources.postgres import Postgres
from tests.fixtures.intake import RunScript
from tests.fixtures.platform_rows import add_people

NAME = "2026-11-25T02-00-00.000000Z"
# Each drill in a process of its own, forked from one that has imported everything and opened
# nothing. It dies before the first, the second, the next program of PostgreSQL that it would run.
KILL_DRILLS = """
import os, signal, subprocess, sys, traceback
from pathlib import Path

from assets.lifecycle.backup import BackupSite
from assets.lifecycle.backup_folder import BackupFolder
from assets.lifecycle.restore_drill import drill
from assets.resources.postgres import Postgres

site = BackupSite(Postgres(sys.argv[1]), None, BackupFolder(Path(sys.argv[2])), Path(sys.argv[3]))


def drill_until(last):
    passed, run = 0, subprocess.run

    def pass_point(*arguments, **options):
        nonlocal passed
        passed += 1
        if passed == last:
            os.kill(os.getpid(), signal.SIGKILL)
        return run(*arguments, **options)

    subprocess.run = pass_point
    try:
        drill(site)
        os._exit(0)
    except BaseException:
        traceback.print_exc()
        os._exit(1)


point, code = 0, -signal.SIGKILL
while code == -signal.SIGKILL:
    point += 1
    child = os.fork()
    if child == 0:
        drill_until(point)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    print(point, code)
"""


@pytest.fixture
def backups(database: str) -> Iterator[Path]:
    """A folder with one dump, where the user of a scratch server can enter."""
    with psycopg.connect(database) as session:
        add_people(session)
    with tempfile.TemporaryDirectory(prefix="sl-", dir="/tmp") as name:
        home = Path(name)
        home.chmod(0o755)
        folder = BackupFolder(home / "backups")
        with folder.lock():
            dump_database(Postgres(database), folder, NAME)
        yield folder.root


def test_a_drill_that_is_killed_anywhere_leaves_the_backup_and_the_next_one_proves_it(
    database: str, backups: Path, run_script: RunScript
) -> None:
    scratch = backups.parent / "drill" / "postgres"

    done = run_script(KILL_DRILLS, database, backups, scratch)

    assert done.returncode == 0, done.stderr
    points = [line.split() for line in done.stdout.splitlines()]
    assert len(points) > 3
    assert {code for _, code in points[:-1]} == {"-9"}
    assert points[-1][1] == "0", done.stderr
    (proven,) = read_records(BackupFolder(backups))
    assert (proven.failure, proven.dump) == (None, NAME)
    assert proven.rows > 0
    assert not scratch.parent.exists()
