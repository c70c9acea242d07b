"""An erasure that dies at any rename or removal of a file, and around its notes in the books."""

from pathlib import Path

import pytest

from assets.lifecycle.erasure import Erasure
from tests.fixtures.erasing import AT, D, found
from tests.fixtures.intake import Intake, RunScript, Source

pytestmark = pytest.mark.fault

# Each process finishes what the one before has left, looks at it, and begins with the same lake.
KILL_ERASURES = """
import shutil, sys
from pathlib import Path
from uuid import UUID

import psycopg

from assets.lifecycle.erasure import Erasure
from assets.resources.cold_months import ColdStore
from assets.resources.lake import Lake
from assets.resources.postgres import Postgres
from assets.resources.tombstones import Tombstones
from tests.fixtures.kill_points import kill_at_each_point

url, old, lakes, folder, token, account = sys.argv[1:]
pending = Path(folder) / f"{token}.pending"
who = pending.read_bytes()


def erase(lake):
    cold = ColdStore(Path("nowhere"))
    tombstones = Tombstones(Path(folder))
    Erasure(Postgres(url), Lake(lake), tombstones, cold, [], lambda _said: None).go_on(token)


def dying(call, pass_point, dies_at):
    def wrapped(*arguments, **options):
        counts = dies_at(arguments[0])
        if counts:
            pass_point()
        done = call(*arguments, **options)
        if counts:
            pass_point()
        return done

    return wrapped


def require_done(lake):
    raw = UUID(account).bytes
    left = [path for path in lake.rglob("*.parquet") if raw in path.read_bytes()]
    with psycopg.connect(url, autocommit=True) as books:
        open_rows = books.execute(
            "SELECT table_name FROM pipeline.partition_ledger WHERE state = 'writing'"
        ).fetchall()
        whose = books.execute(
            "SELECT DISTINCT user_id FROM pipeline.source_changes WHERE reason = 'erased'"
        ).fetchall()
        books.execute("DELETE FROM pipeline.source_changes")
    if left or open_rows or len(whose) != 1:
        raise AssertionError(f"{left}, {open_rows}, {whose}")


def erase_dying(point, pass_point):
    if point > 1:
        before = Path(lakes) / str(point - 1)
        erase(before)
        require_done(before)
    lake = Path(lakes) / str(point)
    shutil.copytree(old, lake)
    pending.write_bytes(who)
    Path.replace = dying(Path.replace, pass_point, lambda path: lake in path.parents)
    Path.unlink = dying(Path.unlink, pass_point, lambda path: lake in path.parents)
    Lake.publish = dying(Lake.publish, pass_point, lambda _lake: True)
    erase(lake)
    require_done(lake)


kill_at_each_point(erase_dying)
"""


@pytest.fixture
def visited(source: Source, guarded: Intake) -> Source:
    """`gone` is an old account with one event on the day, beside one of somebody else."""
    source.add("users", "gone", created_at="2020-01-01")
    source.add("user_engagement", "by them", user_id="gone", created_at=AT)
    source.add("user_engagement", "of others", engagement_type="SAVE", created_at=AT)
    guarded.ingest(D)
    return source


@pytest.mark.usefixtures("visited")
def test_killed_around_a_rename_it_leaves_no_file_no_open_partition_and_says_why(
    guarded: Intake, erasure: Erasure, run_script: RunScript, tmp_path: Path
) -> None:
    account = found(erasure)
    token = erasure.begin(account)
    lakes = (guarded.lake.root, tmp_path / "lakes")

    done = run_script(
        KILL_ERASURES, erasure.postgres.url, *lakes, erasure.folder, token, account.id
    )

    points = [line.split() for line in done.stdout.splitlines()]
    assert [code for _, code in points] == ["-9"] * (len(points) - 1) + ["0"], done.stderr
    # Around the publication, both renames in it, and the removal of the file of before.
    assert len(points) == 9
