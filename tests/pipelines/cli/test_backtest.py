import errno
import json
import os
import shutil
from datetime import date
from pathlib import Path
from typing import NoReturn

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from assets.ranking.backtest import MEASURES, METHODS
from assets.ranking.backtest_summary import NAMES
from assets.resources.engine import EngineName
from assets.resources.lake import Lake
from assets.resources.published import Published
from pipelines import backtesting
from pipelines.cli.backtest import write_reports
from schema.errors import StorageError
from tests.fixtures.backtest_frames import random_backtest_frames
from tests.fixtures.backtest_lake import publish_backtest_frames
from tests.fixtures.backtest_summaries import judged_by_polars, last_days, random_summary
from tests.fixtures.command import Command, command_on
from tests.fixtures.engines import ENGINES, engine_called
from tests.fixtures.installation import Installation

FIRST_DAY = date(2010, 1, 1)
NOWHERE = "postgresql://nobody@127.0.0.1:1/none"
DAYS = last_days(16)
FRAMES = random_backtest_frames(5, DAYS, posts=80)


def command(home: Path, **environment: str) -> Command:
    """The command on a home, whose lake is all that it reads."""
    sociallive = command_on(home, **environment)
    return lambda *arguments: sociallive("backtest", *arguments)


@pytest.fixture(scope="module")
def published_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lake of random posts that were scored on 16 days."""
    lake = Lake(tmp_path_factory.mktemp("published") / "lake")
    publish_backtest_frames(lake, FRAMES, DAYS)
    return lake.root


@pytest.fixture
def lake(published_once: Path, tmp_path: Path) -> Lake:
    """A copy of that lake, of the test's own."""
    return Lake(shutil.copytree(published_once, tmp_path / "home" / "lake"))


@pytest.fixture
def sociallive(lake: Lake) -> Command:
    """The command on that lake; no database is there to be asked."""
    return command(lake.root.parent, SOCIALLIVE_DATABASE_URL=NOWHERE)


def test_the_lake_alone_is_judged_told_and_written_down(sociallive: Command, lake: Lake) -> None:
    code, said = sociallive()

    page = lake.root.parent / "reports" / f"backtest-{DAYS.first}-to-{DAYS.last}.html"
    facts = json.loads(page.with_suffix(".json").read_text(encoding="utf-8"))
    assert code == 0, said
    assert all(name in said for name in (*METHODS, *(NAMES[name] for name in MEASURES), str(page)))
    assert all(sentence in said for sentence in facts["verdict"])
    assert facts["verdict"][0] in page.read_text(encoding="utf-8")
    assert len(facts["days"]) == len(DAYS)


def test_repeated_it_writes_the_same_files_on_either_engine(lake: Lake) -> None:
    written = []
    for engine in ("duckdb", "polars"):
        code, said = command(lake.root.parent, SOCIALLIVE_ENGINE=engine)()
        reports = sorted((lake.root.parent / "reports").iterdir())
        written.append([path.read_bytes() for path in reports])
        assert code == 0, said

    assert len(written[0]) == 2
    assert written[0] == written[1]


def test_a_range_is_judged_as_asked(sociallive: Command, lake: Lake) -> None:
    code, said = sociallive("--from", "2024-02-20", "--to", "2024-02-22")

    assert code == 0, said
    assert (lake.root.parent / "reports" / "backtest-2024-02-20-to-2024-02-22.html").exists()
    assert "fewer than 14 judged days are too few for an interval" in said


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["--to", "2024-03-01"], 1, "`sociallive run --date 2024-03-01`"),
        (["--from", "2024-02-01"], 1, "`sociallive run --from 2024-02-01 --to 2024-02-13`"),
        (["--from", "2024-03-01"], 2, "the range ends (2024-02-29) before it starts (2024-03-01)"),
        (["--to", "yesterday"], 2, "'yesterday' is not a date: write it as YYYY-MM-DD"),
        (["--to", "2999-01-01"], 2, "is not known before 2999-01-03"),
    ],
)
def test_what_cannot_be_judged_is_refused_in_one_sentence(
    sociallive: Command, lake: Lake, arguments: list[str], code: int, words: str
) -> None:
    refused, said = sociallive(*arguments)

    assert refused == code, said
    assert words in said
    assert "Traceback" not in said
    assert not (lake.root.parent / "reports").exists()


def test_a_folder_that_cannot_be_written_is_told_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "reports").write_text("not a folder")

    with pytest.raises(StorageError, match=r"\.html cannot be written"):
        write_reports(tmp_path / "reports", random_summary(1, days=2, posts=10))


def test_a_disk_that_is_full_leaves_the_page_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    summary = random_summary(1, days=2, posts=10)
    page, numbers = write_reports(tmp_path / "reports", summary)
    before, write = page.read_text(), Path.write_text

    def half(path: Path, text: str, encoding: str) -> NoReturn:
        write(path, text[: len(text) // 2], encoding)
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Path, "write_text", half)

    with pytest.raises(StorageError, match="No space left on device"):
        write_reports(tmp_path / "reports", summary)
    assert page.read_text() == before
    assert set(page.parent.iterdir()) == {page, numbers}


def test_a_home_without_a_lake_is_told_what_to_run(tmp_path: Path) -> None:
    code, said = command(tmp_path / "empty", SOCIALLIVE_DATABASE_URL=NOWHERE)()

    assert code == 2
    assert "`sociallive run --from A --to B`" in said


@pytest.mark.parametrize("engine", ENGINES)
def test_days_read_in_chunks_are_the_days_read_at_once(
    lake: Lake,
    engine: EngineName,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> None:
    published = Published(lake, engine_called(engine, request))
    monkeypatch.setattr(backtesting, "CHUNK_DAYS", 5)

    chunks = list(backtesting.read_judged(published, DAYS, FIRST_DAY))

    assert [chunk["date"].n_unique() for chunk in chunks] == [5, 5, 5, 1]
    assert_frame_equal(pl.concat(chunks), judged_by_polars(FRAMES, DAYS))


def test_what_the_daily_job_published_is_judged(recent_installation: Installation) -> None:
    recent_installation.run("2024-02-25", "2024-03-01")
    settings = recent_installation.settings

    code, said = command(settings.home, SOCIALLIVE_FIRST_DAY=str(settings.first_day))()

    [numbers] = (settings.home / "reports").glob("*.json")
    facts = json.loads(numbers.read_text(encoding="utf-8"))
    assert code == 0, said
    assert (facts["from"], facts["to"]) == ("2024-02-25", "2024-02-29")
    expected = recent_installation.expected("backtest_targets", facts["from"], facts["to"])
    found = [
        (date.fromisoformat(day["date"]), day["posts"], day["got_nothing"]) for day in facts["days"]
    ]
    assert found == [(day, posts, pytest.approx(float(share))) for day, posts, share in expected]
