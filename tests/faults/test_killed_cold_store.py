from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from assets.resources.cold_inspection import inspect_cold_store
from assets.resources.cold_months import ColdStore
from tests.fixtures.cold import FEBRUARY, JANUARY, ColdPlatform
from tests.fixtures.intake import RunScript

pytestmark = pytest.mark.fault

# Processes of their own, forked from one that has imported everything and opened nothing.
FORKS = """
import os, shutil, signal, sys, traceback
from pathlib import Path

import duckdb

from assets.lifecycle import drop_cold
from assets.lifecycle.cold_store import ColdCopy
from assets.resources.cold_inspection import require_sound
from assets.resources.cold_months import ColdStore
from assets.resources.postgres import Postgres

postgres = Postgres(sys.argv[1])


def in_child(work):
    child = os.fork()
    if child == 0:
        try:
            work()
            os._exit(0)
        except BaseException:
            traceback.print_exc()
            os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def die():
    os.kill(os.getpid(), signal.SIGKILL)


def copy(store):
    list(ColdCopy(postgres, store, duckdb.connect()).bring_up_to_date())


def drop(store):
    work = drop_cold.ColdDrop(postgres, store)
    list(work.drop(work.plan().token))
"""
KILL_COPIES = """
from datetime import date


def copy_until(store, last):
    # Before and after each rename: of the file, of the manifest, of the chain.
    passed, rename = 0, Path.replace

    def pass_point():
        nonlocal passed
        passed += 1
        if passed == last:
            die()

    def dying_rename(*arguments):
        pass_point()
        rename(*arguments)
        pass_point()

    Path.replace = dying_rename
    copy(store)


old = Path(sys.argv[2])
point, code = 0, -signal.SIGKILL
while code == -signal.SIGKILL:
    point += 1
    store = ColdStore(Path(sys.argv[3]) / str(point))
    shutil.copytree(old, store.root)
    code = in_child(lambda: copy_until(store, point))
    print(point, code, require_sound(store, date(2024, 1, 1)).rows)
    assert in_child(lambda: copy(store)) == 0
"""
KILL_DROPS = """
store = ColdStore(Path(sys.argv[2]))
real_drop, real_locks = drop_cold._drop, drop_cold._remove


def drop_dying(before, inside, after):
    def dying_drop(*arguments):
        before()
        real_drop(*arguments)
        inside()

    def dying_locks(*arguments):
        real_locks(*arguments)
        after()

    drop_cold._drop, drop_cold._remove = dying_drop, dying_locks
    drop(store)


def go_on():
    pass


for points in ((die, go_on, go_on), (go_on, die, go_on), (go_on, go_on, die)):
    print(in_child(lambda: drop_dying(*points)))
print(in_child(lambda: drop(store)))
"""


def values(store: ColdStore) -> Iterator[object]:
    for month in store.months():
        manifest = store.manifest(month)
        assert manifest is not None
        for path in store.paths(manifest):
            yield from pq.read_table(path)["value"].to_pylist()


def test_a_copy_that_is_killed_anywhere_leaves_a_month_to_read_and_is_finished_by_the_next(
    copied: ColdPlatform, run_script: RunScript, tmp_path: Path
) -> None:
    copied.source.execute(
        "UPDATE user_engagement_archive SET value = 3 WHERE created_at < '2024-02-01'"
    )
    stores = tmp_path / "killed"

    done = run_script(FORKS + KILL_COPIES, copied.postgres.url, copied.store.root, stores)

    assert done.returncode == 0, done.stderr
    points = [line.split() for line in done.stdout.splitlines()]
    assert len(points) == 7
    assert {tuple(point[1:]) for point in points[:-1]} == {("-9", "1")}
    assert points[-1][1:] == ["0", "1"]
    for point in points:
        store = ColdStore(stores / point[0])
        assert list(inspect_cold_store(store)) == [], point
        assert list(values(store)) == [3, 1], point
        assert not (store.folder / "_staging").exists() or not any(
            (store.folder / "_staging").iterdir()
        )


def test_a_drop_that_is_killed_anywhere_loses_no_row_and_is_finished_by_the_next(
    copied: ColdPlatform, run_script: RunScript
) -> None:
    done = run_script(FORKS + KILL_DROPS, copied.postgres.url, copied.store.root)

    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["-9", "-9", "-9", "0"]
    assert copied.source.execute("SELECT count(*) FROM user_engagement_archive") == [(0,)]
    assert copied.source.execute(
        "SELECT month, row_count FROM pipeline.cold_months ORDER BY month"
    ) == [(JANUARY, 1), (FEBRUARY, 1)]
    assert list(values(copied.store)) == [1, 1]
    assert list(inspect_cold_store(copied.store)) == []
