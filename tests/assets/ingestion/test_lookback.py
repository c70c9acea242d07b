import json
import shutil
from datetime import date
from pathlib import Path

import pytest

from assets.ingestion.ingest import TABLES
from assets.ingestion.lookback import Lookback
from assets.resources.manifest import MANIFEST
from schema.windows import DayRange
from tests.fixtures.intake import Intake, Source

D, NEXT = date(2024, 2, 28), date(2024, 2, 29)
ASKED = DayRange(date(2024, 3, 1), date(2024, 3, 1))
LONG_BEFORE = date(2010, 1, 1)


@pytest.fixture
def lookback(source: Source, intake: Intake) -> Lookback:
    source.add("user_engagement", "view", created_at=str(D))
    intake.ingest(str(D), str(NEXT))
    return Lookback(intake.postgres, intake.lake, TABLES, 7)


def test_nothing_is_read_again_where_nothing_happened(lookback: Lookback) -> None:
    assert lookback.reopened(ASKED, first_day=LONG_BEFORE) == []


def test_a_day_that_changed_is_read_again(lookback: Lookback, source: Source) -> None:
    source.add("comments", "late", created_at=str(D))

    assert lookback.reopened(ASKED, first_day=LONG_BEFORE) == [D]


def test_a_change_that_was_undone_is_none(lookback: Lookback, source: Source) -> None:
    source.add("user_engagement", "late", engagement_type="LIKE", created_at=str(D))
    source.execute("DELETE FROM user_engagement WHERE engagement_type = 'LIKE'")

    assert lookback.reopened(ASKED, first_day=LONG_BEFORE) == []


def test_the_day_read_again_is_done_with(
    lookback: Lookback, source: Source, intake: Intake
) -> None:
    source.add("comments", "late", created_at=str(D))

    intake.ingest(str(D))

    assert lookback.reopened(ASKED, first_day=LONG_BEFORE) == []


def test_changes_before_the_lookback_and_before_the_first_day_wait(
    intake: Intake, lookback: Lookback, source: Source
) -> None:
    source.add("comments", "late", created_at=str(D))
    short = Lookback(intake.postgres, intake.lake, TABLES, 1)
    none = Lookback(intake.postgres, intake.lake, TABLES, 0)

    assert short.reopened(ASKED, first_day=LONG_BEFORE) == []
    assert none.reopened(ASKED, first_day=LONG_BEFORE) == []
    assert lookback.reopened(ASKED, first_day=NEXT) == []


def test_the_lookback_reaches_so_many_days_before_the_asked_ones(
    intake: Intake, lookback: Lookback, source: Source
) -> None:
    source.add("comments", "late", created_at=str(D))
    exactly = Lookback(intake.postgres, intake.lake, TABLES, 2)

    assert exactly.reopened(ASKED, first_day=D) == [D]
    assert exactly.reopened(DayRange(ASKED.first, date(2024, 3, 5)), first_day=D) == [D]
    assert exactly.reopened(DayRange(D, D), first_day=LONG_BEFORE) == []


def test_a_day_of_which_the_lake_holds_an_older_copy_is_read_again(
    lookback: Lookback, source: Source, intake: Intake, tmp_path: Path
) -> None:
    """It is lost to the lake: what the database notes of its changes tells nothing any more."""
    backup = shutil.copytree(intake.lake.root, tmp_path / "backup")
    source.add("comments", "late", created_at=str(D))
    intake.ingest(str(D))
    lost = intake.publisher.lost
    assert lost(TABLES, DayRange(LONG_BEFORE, ASKED.last)) == []

    shutil.rmtree(intake.lake.root)
    shutil.copytree(backup, intake.lake.root)

    assert lookback.reopened(ASKED, first_day=LONG_BEFORE) == []
    # Also as the first and as the last day that is looked at.
    for window in (DayRange(LONG_BEFORE, ASKED.last), DayRange(D, NEXT), DayRange(LONG_BEFORE, D)):
        assert lost(TABLES, window) == [D]
    assert lost(TABLES, DayRange(NEXT, ASKED.last)) == []
    intake.ingest(str(D))
    assert intake.published("comments", str(D)) == ["late"]
    assert lost(TABLES, DayRange(LONG_BEFORE, ASKED.last)) == []


def test_a_provisional_day_is_read_again(lookback: Lookback, intake: Intake) -> None:
    path = intake.lake.partition_folder("comments", NEXT) / MANIFEST
    facts = json.loads(path.read_text())
    facts["extraction"]["is_final"] = False
    path.write_text(json.dumps(facts))

    assert lookback.reopened(ASKED, first_day=LONG_BEFORE) == [NEXT]


def test_a_day_that_was_never_published_is_not_read_again(
    lookback: Lookback, source: Source
) -> None:
    source.add("comments", "late", created_at="2024-02-27")

    assert lookback.reopened(ASKED, first_day=LONG_BEFORE) == []


@pytest.mark.parametrize("damage", ["file", "manifest"])
def test_a_damaged_day_is_read_again(lookback: Lookback, intake: Intake, damage: str) -> None:
    if damage == "file":
        intake.lake.files("user_engagement", [D])[0].unlink()
    else:
        (intake.lake.partition_folder("users", D) / "manifest.json").write_text("{}")

    assert lookback.reopened(ASKED, first_day=LONG_BEFORE) == [D]
