from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest

from assets.lifecycle.backup_ages import Age, Verdict, backup_age, drill_age
from assets.lifecycle.backup_definitions import check_result
from assets.lifecycle.backup_folder import BASES, DRILLS, DUMPS, BackupFolder, name_of
from assets.lifecycle.drill_records import (
    KEPT,
    DrillRecord,
    newest_proven,
    read_records,
    write_record,
)

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def folder(tmp_path: Path) -> BackupFolder:
    (tmp_path / DUMPS).mkdir()
    (tmp_path / DRILLS).mkdir()
    return BackupFolder(tmp_path)


def record(at: datetime, failure: str | None = None) -> DrillRecord:
    return DrillRecord(name_of(at), name_of(at), None, failure, 1, 1, 1, 1.0, None, None)


def result(age: Age) -> tuple[bool, dg.AssetCheckSeverity]:
    checked = check_result(age, "take one")
    return checked.passed, checked.severity


def test_nothing_at_all_is_said_and_warned_of(folder: BackupFolder) -> None:
    for age in (backup_age(folder, NOW), drill_age(BackupFolder(folder.root / "none"), NOW)):
        assert "none yet" in age.sentence
        assert result(age) == (False, dg.AssetCheckSeverity.WARN)


@pytest.mark.parametrize(
    ("age", "verdict"),
    [
        (2 * DAY, Verdict.FINE),
        (2 * DAY + timedelta(seconds=1), Verdict.LATE),
        (7 * DAY, Verdict.LATE),
        (7 * DAY + timedelta(seconds=1), Verdict.TOO_LATE),
    ],
)
def test_a_backup_is_late_after_two_days_and_too_late_after_seven(
    folder: BackupFolder, age: timedelta, verdict: Verdict
) -> None:
    for at in (NOW - age, NOW - 10 * DAY):
        (folder.root / DUMPS / name_of(at)).mkdir(exist_ok=True)
    (folder.root / DUMPS / f".{name_of(NOW)}").mkdir()

    found = backup_age(folder, NOW)

    assert (found.at, found.verdict) == (NOW - age, verdict)
    assert result(found)[0] == (verdict is Verdict.FINE)
    assert (result(found)[1] is dg.AssetCheckSeverity.ERROR) == (verdict is Verdict.TOO_LATE)


@pytest.mark.parametrize(
    ("age", "verdict"),
    [
        (10 * DAY, Verdict.FINE),
        (10 * DAY + timedelta(seconds=1), Verdict.LATE),
        (30 * DAY, Verdict.LATE),
        (30 * DAY + timedelta(seconds=1), Verdict.TOO_LATE),
    ],
)
def test_a_drill_is_late_after_ten_days_and_too_late_after_thirty(
    folder: BackupFolder, age: timedelta, verdict: Verdict
) -> None:
    write_record(folder, record(NOW - age))

    assert drill_age(folder, NOW).verdict is verdict


def test_the_newest_hundred_records_are_kept(folder: BackupFolder) -> None:
    for days in range(KEPT + 2):
        write_record(folder, record(NOW - (KEPT + 1 - days) * DAY))

    records = read_records(folder, NOW)

    assert len(records) == KEPT
    assert (records[0].drill, records[-1].drill) == (name_of(NOW - 99 * DAY), name_of(NOW))


def test_a_drill_that_failed_does_not_count_and_is_told_until_one_succeeds(
    folder: BackupFolder,
) -> None:
    write_record(folder, record(NOW - 3 * DAY))
    write_record(folder, record(NOW - 1 * DAY, failure="the file x is missing"))
    failed = drill_age(folder, NOW)
    write_record(folder, record(NOW))

    assert failed.at == NOW - 3 * DAY
    assert failed.sentence.endswith("3 days ago; the newest one failed: the file x is missing")
    assert result(failed) == (False, dg.AssetCheckSeverity.ERROR)
    assert result(drill_age(folder, NOW))[0]


def test_a_drill_that_never_succeeded_is_an_error(folder: BackupFolder) -> None:
    write_record(folder, record(NOW, failure="the file x is missing"))

    age = drill_age(folder, NOW)

    assert "none yet" in age.sentence
    assert "the file x is missing" in age.sentence
    assert result(age) == (False, dg.AssetCheckSeverity.ERROR)


def test_what_a_wrong_clock_dated_in_the_future_hides_no_age(folder: BackupFolder) -> None:
    for at in (NOW - 8 * DAY, NOW + 600 * DAY):
        (folder.root / DUMPS / name_of(at)).mkdir()
        write_record(folder, record(at))

    for age in (backup_age(folder, NOW), drill_age(folder, NOW)):
        assert age.at == NOW - 8 * DAY
    assert backup_age(folder, NOW).verdict is Verdict.TOO_LATE
    assert newest_proven(folder, DUMPS, NOW) == name_of(NOW - 8 * DAY)


def test_a_drill_proves_the_dump_and_the_base_backup_that_it_has_tried(
    folder: BackupFolder,
) -> None:
    older, newer = name_of(NOW - 3 * DAY), name_of(NOW - DAY)
    write_record(folder, replace(record(NOW - 2 * DAY), dump=older, base=older))
    write_record(folder, replace(record(NOW), dump=newer))

    proven = [newest_proven(folder, kind, NOW) for kind in (DUMPS, BASES)]

    assert proven == [newer, older]


def test_an_unreadable_record_is_none(folder: BackupFolder) -> None:
    write_record(folder, record(NOW))
    (folder.root / DRILLS / f"{name_of(NOW + DAY)}.json").write_text('{"drill": ')

    assert drill_age(folder, NOW).at == NOW
