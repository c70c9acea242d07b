import signal
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from assets.resources.lake import Lake
from assets.resources.manifest import MANIFEST
from tests.fixtures.intake import RunScript, put

pytestmark = pytest.mark.fault

DAY = date(2024, 2, 29)
# A process of its own that publishes one more version of a partition, and dies between the renames.
KILLED_BEFORE_THE_MANIFEST = """
import os, signal, sys
from datetime import date
from pathlib import Path
import polars as pl
from assets.resources import lake as module
lake = module.Lake(Path(sys.argv[1]))
staged = lake.stage("t", date(2024, 2, 29), [pl.DataFrame({"n": [9, 9]})], fence=2)
module.fsync_path = lambda folder: os.kill(os.getpid(), signal.SIGKILL)
lake.publish(staged)
"""
FULL_DISK = """
import random, resource, sys
from datetime import date
from pathlib import Path
import polars as pl
from assets.resources.lake import Lake
from schema.errors import StorageError
resource.setrlimit(resource.RLIMIT_FSIZE, (65536, 65536))
noise = pl.DataFrame({"n": [random.Random(1).randbytes(1 << 20)]})
try:
    Lake(Path(sys.argv[1])).stage("t", date(2024, 2, 29), [noise] * 3, fence=2)
except StorageError as error:
    print(error)
"""
READ_ONLY = """
import os, sys
from datetime import date
from pathlib import Path
import polars as pl
from assets.resources.lake import Lake
from schema.errors import StorageError
lake = Lake(Path(sys.argv[1]))
lake.stage("t", date(2024, 3, 1), [pl.DataFrame({"n": [1]})], fence=1)  # imports what is lazy
Path(sys.argv[1]).chmod(0o555)
(Path(sys.argv[1]) / "_staging").chmod(0o555)
if os.geteuid() == 0:
    os.seteuid(65534)
try:
    lake.stage("t", date(2024, 2, 29), [pl.DataFrame({"n": [1]})], fence=2)
except StorageError as error:
    print(error)
"""


def numbers(*values: int) -> pl.DataFrame:
    return pl.DataFrame({"n": values}, schema={"n": pl.Int64})


def content(lake: Lake) -> list[int]:
    return [n for path in lake.files("t", [DAY]) for n in pl.read_parquet(path)["n"]]


def every_file(lake: Lake) -> list[str]:
    return sorted(path.name for path in lake.root.rglob("*") if path.is_file())


def test_a_full_disk_is_a_sentence_and_what_is_published_stays(
    lake: Lake, run_script: RunScript
) -> None:
    put(lake, "t", DAY, numbers(1))
    before = every_file(lake)

    said = run_script(FULL_DISK, lake.root)

    assert said.returncode == 0, said.stderr
    assert "the disk is full: free some space and run the day again" in said.stdout
    assert "untouched" in said.stdout
    assert every_file(lake) == before
    assert content(lake) == [1]


def test_a_read_only_lake_is_a_sentence_and_what_is_published_stays(
    reachable_path: Path, run_script: RunScript
) -> None:
    lake = Lake(reachable_path / "lake")
    put(lake, "t", DAY, numbers(1))

    said = run_script(READ_ONLY, lake.root)

    assert said.returncode == 0, said.stderr
    assert "it cannot be written" in said.stdout
    assert "Permission denied" in said.stdout
    assert content(lake) == [1]


def test_killed_between_the_renames_the_old_version_stays_and_the_next_run_cleans_up(
    lake: Lake, run_script: RunScript
) -> None:
    manifest = put(lake, "t", DAY, numbers(1))

    died = run_script(KILLED_BEFORE_THE_MANIFEST, lake.root)

    assert died.returncode == -signal.SIGKILL, died.stderr
    assert len(list(lake.root.glob("t/*/*.parquet"))) == 2
    assert lake.manifest("t", DAY) == manifest
    assert content(lake) == [1]

    newest = put(lake, "t", DAY, numbers(3), fence=3)

    assert content(lake) == [3]
    assert set(every_file(lake)) == {newest.files[0].name, MANIFEST}
