import os
import threading
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from reports.creator.history_csv import COLUMNS, history_csv
from reports.creator.model import NUMBERS, Period, ReportPeriod
from reports.creator.page import render_report
from reports.creator.publishing import (
    AT_ONCE,
    PublishedPages,
    creator_folder,
    page_path,
    publish_reports,
)
from reports.creator.shared_files import shared_files
from schema.errors import StorageError
from tests.fixtures.creator_reports import LAST, hostile, identity, silent

FSYNC = os.fsync


def contents(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def test_pages_histories_and_shared_scripts_are_where_they_are_looked_for(tmp_path: Path) -> None:
    report = silent()

    assert publish_reports(iter([report]), tmp_path) == PublishedPages(written=1)

    own = "creators/5eed0000-0000-4000-8000-000000000008"
    assert contents(tmp_path) == {
        f"{own}/week-2026-11-25.html": render_report(report).encode(),
        f"{own}/history.csv": history_csv(report).encode(),
        "creators/.lock": b"",
        **{f"creators/shared/{name}": content for name, content in shared_files().items()},
    }


def test_a_page_asks_for_shared_scripts_that_are_there(tmp_path: Path) -> None:
    publish_reports([silent()], tmp_path)
    page = page_path(tmp_path, silent())

    asked = [part.partition('"')[0] for part in page.read_text().split("../shared/")[1:]]
    assert len(asked) == 2
    assert all((page.parent / "../shared" / name).is_file() for name in asked)


def test_only_what_is_new_is_written(tmp_path: Path) -> None:
    reports = [replace(silent(), user_id=identity(n)) for n in range(3)]
    publish_reports(reports, tmp_path)
    before = {path: path.stat().st_ino for path in tmp_path.rglob("*") if path.is_file()}

    changed = replace(reports[1], followers=3)
    result = publish_reports([reports[0], changed, reports[2]], tmp_path)

    assert result == PublishedPages(written=1, unchanged=2)
    after = {path: path.stat().st_ino for path in tmp_path.rglob("*") if path.is_file()}
    assert {path for path in after if after[path] != before[path]} == {page_path(tmp_path, changed)}


def test_progress_is_told_of_every_page(tmp_path: Path) -> None:
    told: list[int] = []
    reports = (replace(silent(), user_id=identity(n)) for n in range(AT_ONCE + 3))

    publish_reports(reports, tmp_path, told.append)

    assert told == [AT_ONCE, 3]


def test_pages_of_creators_without_a_report_stay(tmp_path: Path) -> None:
    first, second = (replace(silent(), user_id=identity(n)) for n in range(2))
    publish_reports([first], tmp_path)

    publish_reports([second], tmp_path)

    assert page_path(tmp_path, first).exists()


def test_names_of_files_hold_nothing_that_a_user_wrote(tmp_path: Path) -> None:
    publish_reports([replace(hostile(), username="../../etc/passwd")], tmp_path)

    names = {path.name for path in (tmp_path / "creators").iterdir()}
    assert names == {".lock", "shared", str(hostile().user_id)}


def test_a_new_history_begins_with_the_past_and_an_old_one_with_itself(tmp_path: Path) -> None:
    first, second = (replace(silent(), user_id=identity(n)) for n in range(2))
    long_ago = LAST - timedelta(days=400)
    row = ",".join([long_ago.isoformat(), *map(str, range(len(NUMBERS))), "yes"])
    past = f"{','.join(COLUMNS)}\n{row}\n"
    asked: list[UUID] = []

    def tell(creators: Sequence[UUID]) -> dict[UUID, str]:
        asked.extend(creators)
        return {first.user_id: past}

    publish_reports([first], tmp_path, past=tell)
    publish_reports([replace(first, followers=7), second], tmp_path, past=tell)

    assert asked == [first.user_id, second.user_id]
    histories = [creator_folder(tmp_path, each.user_id) / "history.csv" for each in (first, second)]
    assert [row in history.read_text().splitlines() for history in histories] == [True, False]


@pytest.mark.parametrize(
    "damage", [b"", b"day,views\n2026-01-01,7\n", b'"' + b"0," * 70_000, b"\xff"]
)
def test_a_history_that_cannot_be_read_begins_with_the_past_again(
    tmp_path: Path, damage: bytes
) -> None:
    report, long_ago = silent(), LAST - timedelta(days=400)
    row = ",".join([long_ago.isoformat(), *map(str, range(len(NUMBERS))), "yes"])
    history = creator_folder(tmp_path, report.user_id) / "history.csv"
    history.parent.mkdir(parents=True)
    history.write_bytes(damage)

    publish_reports(
        [report], tmp_path, past=lambda _: {report.user_id: f"{','.join(COLUMNS)}\n{row}\n"}
    )

    assert history.read_text().splitlines()[:2] == [",".join(COLUMNS), row]


def test_of_two_at_once_the_other_waits_and_nothing_of_either_is_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    weekly, later = silent(), silent(ReportPeriod(Period.DAY, LAST + timedelta(days=1)))
    other = threading.Thread(target=publish_reports, args=[[later], tmp_path])

    def disturbed_fsync(descriptor: int) -> None:
        if other.ident is None:
            other.start()
            # Long enough to finish, where nothing keeps it out.
            other.join(timeout=0.5)
        FSYNC(descriptor)

    publish_reports([], tmp_path)
    monkeypatch.setattr(os, "fsync", disturbed_fsync)
    publish_reports([weekly], tmp_path)
    other.join()

    assert all(page_path(tmp_path, report).exists() for report in (weekly, later))
    history = (creator_folder(tmp_path, weekly.user_id) / "history.csv").read_text()
    days = {row.partition(",")[0] for row in history.splitlines()[1:]}
    assert days == {day.isoformat() for day in (*weekly.days, *later.days)}


def test_a_folder_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "creators").write_text("not a folder")

    with pytest.raises(StorageError, match="creators cannot be written"):
        publish_reports([silent()], tmp_path)


@pytest.mark.fault
@pytest.mark.parametrize("step", ["write_bytes", "replace"])
def test_what_is_ended_amid_its_files_leaves_whole_ones_and_nothing_unfinished(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    whole, calls = getattr(Path, step), iter(range(AT_ONCE))

    def ended_at_the_second(path: Path, *given: object) -> object:
        done = whole(path, *given)
        if next(calls) == 1:
            raise KeyboardInterrupt
        return done

    reports = [replace(silent(), user_id=identity(n)) for n in range(2)]
    with monkeypatch.context() as ending:
        ending.setattr(Path, step, ended_at_the_second)
        with pytest.raises(KeyboardInterrupt):
            publish_reports(reports, tmp_path)
    left = contents(tmp_path)

    publish_reports(reports, tmp_path)
    assert left.items() <= contents(tmp_path).items()
