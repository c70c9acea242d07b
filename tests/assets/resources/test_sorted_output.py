from datetime import date
from pathlib import Path

import polars as pl
import pytest

from assets.resources import engine, parquet
from assets.resources.lake import Lake
from assets.resources.publishing import Publisher
from assets.resources.sorted_output import SortedOutput
from schema.errors import ContractError
from schema.tables.columns import polars_schema
from schema.tables.user_activity import UserActivity
from schema.windows import DayRange
from tests.fixtures.engines import LazyOn
from tests.fixtures.small_tables import uid

DAYS = DayRange(date(2024, 2, 28), date(2024, 3, 2))
FIRST, EMPTY, THIRD, LAST = DAYS
TABLE = "user_activity"
ORDER = ("date", "user_id")
ROWS = [
    *((FIRST, name, 1) for name in "abc"),
    *((THIRD, name, 2) for name in "abcdefg"),
    (LAST, "a", 3),
]


def activity(*rows: tuple[date, str, int]) -> pl.DataFrame:
    facts = [(day, uid(name), engagements, 0, 0, 0) for day, name, engagements in rows]
    return pl.DataFrame(facts, schema=polars_schema(UserActivity), orient="row")


def output(lazy_on: LazyOn, rows: pl.DataFrame, *, table: str = TABLE) -> SortedOutput:
    return SortedOutput(table, UserActivity, lazy_on(rows), ORDER)


def take(output: SortedOutput) -> dict[date, list[pl.DataFrame]]:
    return {day: list(batches) for day, batches in output.by_day(DAYS)}


@pytest.fixture(params=[2, 100])
def batch(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """Rows that an engine hands out at a time."""
    rows: int = request.param
    monkeypatch.setattr(engine, "ROW_GROUP_ROWS", rows)
    return rows


def test_each_day_has_its_rows_however_they_come(lazy_on: LazyOn, batch: int) -> None:
    taken = take(output(lazy_on, activity(*ROWS)))

    assert list(taken) == list(DAYS)
    assert taken[EMPTY] == []
    assert {
        (day, row[0], row[1]) for day in DAYS for rows in taken[day] for row in rows.iter_rows()
    } == {(day, uid(name), engagements) for day, name, engagements in ROWS}


def test_a_table_without_rows_has_days_without_rows(lazy_on: LazyOn) -> None:
    assert take(output(lazy_on, activity())) == {day: [] for day in DAYS}


@pytest.mark.usefixtures("batch")
def test_no_more_than_a_row_group_is_handed_on_and_none_but_the_last_is_smaller(
    lazy_on: LazyOn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parquet, "ROW_GROUP_ROWS", 3)

    taken = take(output(lazy_on, activity(*ROWS)))

    assert [rows.height for rows in taken[THIRD] if rows.height] == [3, 3, 1]


def test_a_file_does_not_tell_how_its_rows_came(
    lazy_on: LazyOn, lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parquet, "ROW_GROUP_ROWS", 3)
    digests = set()
    for rows in (1, 2, 100):
        monkeypatch.setattr(engine, "ROW_GROUP_ROWS", rows)
        for day, batches in output(lazy_on, activity(*ROWS)).by_day(DAYS):
            staged = lake.stage(TABLE, day, batches, fence=1)
            digests.add((day, *(file.sha256 for file in staged.manifest.files)))

    assert len(digests) == len(DAYS)


@pytest.mark.parametrize(
    "again",
    [(THIRD, "g", 5), (THIRD, "c", 5), (FIRST, "z", 5)],
    ids=["the same user", "an earlier user", "an earlier day"],
)
@pytest.mark.usefixtures("batch")
def test_a_row_that_is_not_after_the_one_before_is_refused(
    lazy_on: LazyOn, again: tuple[date, str, int]
) -> None:
    rows = activity(*ROWS[:-1], again, ROWS[-1])

    with pytest.raises(ContractError, match=f"twice or out of order, such as of {again[0]}"):
        take(output(lazy_on, rows))


@pytest.mark.parametrize(
    ("row", "refusal"),
    [
        ((date(2024, 3, 3), "a", 1), "1 rows of other days, such as 2024-03-03"),
        ((LAST, "b", -1), "user_activity of 2024-02-28 to 2024-03-02 breaks its contract"),
    ],
)
def test_a_wrong_last_row_leaves_nothing_published_or_staged(
    lazy_on: LazyOn,
    publisher: Publisher,
    monkeypatch: pytest.MonkeyPatch,
    row: tuple[date, str, int],
    refusal: str,
) -> None:
    monkeypatch.setattr(engine, "ROW_GROUP_ROWS", 2)
    right = output(lazy_on, activity(*ROWS), table="other")
    wrong = output(lazy_on, activity(*ROWS, row))

    with pytest.raises(ContractError, match=refusal):
        publisher.publish([right, wrong], DAYS, run_id="a run")

    assert publisher.lake.missing_days(TABLE, DAYS) == list(DAYS)
    assert files_below(publisher.lake.root) == []


def files_below(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]
