from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from assets.lifecycle.backup_folder import BackupFolder
from assets.lifecycle.database_dump import dump_database
from assets.lifecycle.drill_records import read_records
from assets.resources.clock import utc_now
from assets.resources.postgres import Postgres
from tests.fixtures.folders import passing_folder
from tests.fixtures.intake import RunScript
from tests.fixtures.platform_rows import add_people

pytestmark = pytest.mark.fault

NAME = "2024-11-25T02-00-00.000000Z"
# A drill may die before every program of PostgreSQL that it runs.
KILL_DRILLS = """
import subprocess, sys
from pathlib import Path

from assets.lifecycle.backup import BackupSite
from assets.lifecycle.backup_folder import BackupFolder
from assets.lifecycle.restore_drill import drill
from assets.resources.clock import utc_now
from assets.resources.postgres import Postgres
from tests.fixtures.kill_points import kill_at_each_point

site = BackupSite(Postgres(sys.argv[1]), None, BackupFolder(Path(sys.argv[2])), Path(sys.argv[3]))


def drill_dying(_point, pass_point):
    run = subprocess.run

    def dying_run(*arguments, **options):
        pass_point()
        return run(*arguments, **options)

    subprocess.run = dying_run
    drill(site)


kill_at_each_point(drill_dying)
"""


@pytest.fixture
def backups(database: str) -> Iterator[Path]:
    """A folder with one dump, where the user of a scratch server can enter."""
    with psycopg.connect(database) as session:
        add_people(session)
    with passing_folder() as home:
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
    (proven,) = read_records(BackupFolder(backups), utc_now())
    assert (proven.failure, proven.dump) == (None, NAME)
    assert proven.rows > 0
    assert not scratch.parent.exists()
