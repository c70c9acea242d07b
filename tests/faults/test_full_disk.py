"""A file system that is full for real, wherever that strikes: nothing is half done."""

import re
from dataclasses import replace

import pytest

from tests.fixtures.command import command_of
from tests.fixtures.installation import Installation
from tests.fixtures.small_disk import SmallDisk

pytestmark = [pytest.mark.fault, pytest.mark.small_disk]

DAY = "2024-02-29"


# What is written first is Dagster's storage, then staging, then what goes with publications.
@pytest.mark.parametrize("kilobytes", [100, 1_500])
def test_a_run_on_a_full_disk_is_one_sentence_and_the_next_run_does_all(
    recent_installation: Installation,
    small_disk: SmallDisk,
    kilobytes: int,
) -> None:
    home = small_disk.folder / "home"
    installation = Installation(replace(recent_installation.settings, home=home))
    command = command_of(installation, *small_disk.entering)
    small_disk.leave(kilobytes)

    code, said = command("run", "--date", DAY)

    assert code == 1
    assert re.search("(make room|free some space),? and run (the day )?again", said), said
    assert "Traceback" not in said
    small_disk.make_room()
    again, told = command("run", "--date", DAY)
    assert again == 0, told
    expected = installation.expected("user_analytics", DAY, DAY)
    assert [row for row in installation.user_analytics() if str(row[1]) == DAY] == expected
    staging = small_disk.seen(installation.settings.lake / "_staging")
    assert staging.is_dir()
    assert list(staging.rglob("*.parquet")) == []
    unfinished = "SELECT count(*) FROM pipeline.partition_ledger WHERE state <> 'published'"
    assert installation.rows(unfinished) == [(0,)]
