import re
import stat
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import dagster as dg
import psycopg
import pytest

from assets.lifecycle import restore_drill
from assets.lifecycle.backup import BackupSite, back_up
from assets.lifecycle.backup_definitions import backup_metadata, restore_drill_asset
from assets.lifecycle.backup_folder import BASES, DUMPS, BackupFolder, name_of
from assets.lifecycle.backup_manifest import read_base_manifest, read_dump_manifest
from assets.lifecycle.drill_records import DrillRecord, newest_proven, read_records, write_record
from assets.lifecycle.restore_drill import drill
from assets.resources.clock import utc_now
from schema.errors import DatabaseUnavailableError, UsageError
from schema.migrate import known_migrations
from tests.fixtures.backed_up import BackedUp, largest
from tests.fixtures.platform_rows import scalar


def test_a_backup_counts_what_a_second_count_finds_and_is_closed_to_others(
    backed_up: BackedUp,
) -> None:
    folder = backed_up.site.folder
    manifest = read_dump_manifest(folder.path(DUMPS, backed_up.report.dump.backup))
    with psycopg.connect(backed_up.site.postgres.url) as session:
        counted = {
            f"public.{table}": scalar(session, f"SELECT count(*) FROM {table}")
            for table in ("users", "posts", "user_sessions", "comments")
        }

    assert manifest == backed_up.report.dump
    assert {t.name: t.rows for t in manifest.tables if t.name in counted} == counted
    assert counted["public.user_sessions"] == 1
    assert manifest.migrations == [migration.name for migration in known_migrations()]
    assert read_base_manifest(backed_up.base_folder) == backed_up.base
    modes = {stat.S_IMODE(path.stat().st_mode) for path in (folder.root, *folder.root.rglob("*"))}
    assert not {mode for mode in modes if mode & 0o077}


def test_the_drill_restores_both_ways_leaves_nothing_behind_and_is_recorded(
    backed_up: BackedUp,
) -> None:
    site = backed_up.site

    done = dg.materialize([restore_drill_asset()], resources={"backup_site": site})

    (record,) = read_records(site.folder, utc_now())
    assert (record.failure, record.notes) == (None, ())
    assert (record.dump, record.base) == (backed_up.report.dump.backup, backed_up.base.backup)
    assert record.tables == len(backed_up.report.dump.tables)
    assert record.recovered_until is not None
    assert record.recovered_until > backed_up.base.started_at
    told = done.asset_materializations_for_node("restore_drill")[0].metadata
    assert told["recovered_until"].value == record.recovered_until.isoformat()
    assert told["tables"].value == record.tables
    assert newest_proven(site.folder, BASES, utc_now()) == backed_up.base.backup
    assert not site.scratch.parent.exists()


@pytest.mark.fault
@pytest.mark.parametrize(
    ("stops", "raised", "failure"),
    [
        (psycopg.errors.DiskFull("no room"), DatabaseUnavailableError, "own server gave up"),
        (KeyError("somebody's name"), KeyError, "^a bug: KeyError$"),
    ],
)
def test_whatever_stops_a_drill_is_recorded_as_its_failure(
    copied_site: BackupSite,
    monkeypatch: pytest.MonkeyPatch,
    stops: Exception,
    raised: type[Exception],
    failure: str,
) -> None:
    def stopped(*_place: object) -> None:
        raise stops

    monkeypatch.setattr(restore_drill, "try_dump", stopped)

    with pytest.raises(raised):
        drill(copied_site)

    (record,) = read_records(copied_site.folder, utc_now())
    assert re.search(failure, record.failure or "")


def test_a_failed_drill_is_a_failed_run_that_says_why_in_one_sentence(
    copied_site: BackupSite,
) -> None:
    largest(copied_site.folder.root).unlink()

    done = dg.materialize(
        [restore_drill_asset()], resources={"backup_site": copied_site}, raise_on_error=False
    )

    (failure,) = [event for event in done.all_events if event.is_step_failure]
    data = failure.step_failure_data.user_failure_data
    assert data is not None
    assert "is missing: do not restore" in (data.description or "")


def test_dagster_shows_where_a_backup_is_and_how_large(backed_up: BackedUp) -> None:
    shown = backup_metadata(backed_up.report, backed_up.site.folder)

    assert Path(shown["base_backup"].value) == backed_up.base_folder
    assert shown["dagster/row_count"] == sum(t.rows for t in backed_up.report.dump.tables)
    assert (shown["left_out"], shown["removed"]) == ("nothing", "nothing")


def test_a_backup_costs_old_dumps_and_not_the_one_that_was_proven(
    backed_up: BackedUp, tmp_path: Path
) -> None:
    folder, now = BackupFolder(tmp_path), utc_now()
    proven, forgotten, *recent = (
        name_of(now - timedelta(days=age)) for age in (500, 400, 6, 5, 4, 3, 2, 1)
    )
    for name in (proven, forgotten, *recent):
        folder.path(DUMPS, name).mkdir(parents=True)
    record = DrillRecord(proven, proven, None, None, 1, 1, 1, 1.0, None, None)
    with folder.lock():
        write_record(folder, record)

    report = back_up(replace(backed_up.site, folder=folder, embedded=None), with_base=False)

    assert report.removed == (f"{DUMPS}/{forgotten}",)
    assert folder.names(DUMPS) == [proven, *recent, report.dump.backup]


def test_without_a_backup_there_is_nothing_to_drill(backed_up: BackedUp, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="`sociallive backup` takes one"):
        drill(replace(backed_up.site, folder=BackupFolder(tmp_path / "none")))
