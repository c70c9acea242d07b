import shutil
from datetime import date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from assets.resources.lake import Lake
from pipelines.backtest_days import (
    SeenDays,
    chosen_days,
    engagement_days,
    history_of,
    refuse_days_without_tables,
)
from schema.errors import MissingPartitionError, UsageError
from schema.windows import ONE_DAY, DayRange, start_of
from tests.fixtures.backtest_frames import post_id
from tests.fixtures.backtest_lake import publish_days, publish_events

D = date(2024, 2, 29)
LONG_AFTER = date(2024, 5, 1)
FIRST_DAY = date(2010, 1, 1)
NO_ROWS = pl.DataFrame({"date": [D], "post_id": [post_id(1)]}).clear()


def day(offset: int) -> date:
    return D + timedelta(days=offset)


@pytest.fixture(scope="module")
def published_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lake that was run from 39 days before D to the day after it, scores from 34 days before."""
    lake = Lake(tmp_path_factory.mktemp("published") / "lake")
    ran = DayRange(day(-39), day(1))
    for table in ("post_states", "post_engagement_hourly"):
        publish_days(lake, table, NO_ROWS, ran)
    publish_days(lake, "post_scores", NO_ROWS, DayRange(day(-34), day(1)))
    for ended in ran:
        publish_events(lake, ended, taken_at=start_of(ended + ONE_DAY))
    return lake.root


@pytest.fixture
def seen(published_once: Path, tmp_path: Path) -> SeenDays:
    """A copy of that lake, of the test's own."""
    return SeenDays(Lake(shutil.copytree(published_once, tmp_path / "lake")), day(-39))


def chosen(seen: SeenDays, first: str | None = None, last: str | None = None) -> DayRange:
    return chosen_days(seen, first, last, today=LONG_AFTER)


def hide(seen: SeenDays, table: str, *days: date) -> None:
    for hidden in days:
        (seen.lake.partition_folder(table, hidden) / "manifest.json").unlink()


def test_by_default_the_newest_thirty_days_whose_day_after_was_run(seen: SeenDays) -> None:
    assert chosen(seen) == DayRange(day(-29), D)


def test_by_default_judging_begins_no_earlier_than_scoring(seen: SeenDays) -> None:
    assert chosen(seen, last=str(day(-30))) == DayRange(day(-34), day(-30))


def test_by_default_judging_does_not_reach_over_a_day_that_was_not_scored(seen: SeenDays) -> None:
    hide(seen, "post_scores", day(-5))

    assert chosen(seen) == DayRange(day(-4), D)


def test_days_asked_for_are_taken_as_they_are(seen: SeenDays) -> None:
    asked = chosen(seen, str(day(-50)), str(day(-40)))

    assert asked == DayRange(day(-50), day(-40))


def test_a_day_that_was_read_before_its_end_is_not_judged_by_default(seen: SeenDays) -> None:
    publish_events(seen.lake, day(1), taken_at=start_of(day(2)) - timedelta(microseconds=1))

    assert chosen(seen).last == day(-1)


@pytest.mark.parametrize(("today", "is_over"), [(day(1), False), (day(2), True)])
def test_a_day_can_be_judged_once_the_day_after_is_over(
    seen: SeenDays, today: date, *, is_over: bool
) -> None:
    if is_over:
        assert chosen_days(seen, str(D), str(D), today=today) == DayRange(D, D)
    else:
        with pytest.raises(UsageError, match="is not known before 2024-03-02: judge days up to"):
            chosen_days(seen, str(D), str(D), today=today)


def test_nothing_scored_is_said_with_the_command_that_scores(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="`sociallive run --from A --to B` runs both"):
        chosen(SeenDays(Lake(tmp_path), FIRST_DAY))


def test_a_text_that_is_no_date_is_refused_also_where_nothing_is_scored(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="'x' is not a date"):
        chosen(SeenDays(Lake(tmp_path), FIRST_DAY), first="x")


def test_complete_days_are_not_refused(seen: SeenDays) -> None:
    refuse_days_without_tables(seen, DayRange(day(-10), D))


@pytest.mark.parametrize(
    ("table", "hidden", "words"),
    [
        ("post_scores", 0, "no post_scores of 2024-02-29: run `sociallive run --date 2024-02-29`"),
        ("post_states", -6, "no post_states of 2024-02-23"),
        ("post_engagement_hourly", -29, "no post_engagement_hourly of 2024-01-31"),
        ("post_engagement_hourly", 1, "no post_engagement_hourly of 2024-03-01"),
        ("user_engagement", 0, "events were read before the end of 2024-02-29"),
        ("user_engagement", 1, "events were read before the end of 2024-03-01"),
    ],
)
def test_a_missing_day_is_named_with_its_command(
    seen: SeenDays, table: str, hidden: int, words: str
) -> None:
    hide(seen, table, day(hidden))

    with pytest.raises(MissingPartitionError, match=words):
        refuse_days_without_tables(seen, DayRange(D, D))


@pytest.mark.parametrize(
    ("table", "hidden"),
    [("post_states", -7), ("post_engagement_hourly", -30), ("post_scores", -1), ("post_scores", 1)],
)
def test_a_day_that_is_not_read_may_be_missing(seen: SeenDays, table: str, hidden: int) -> None:
    hide(seen, table, day(hidden))

    refuse_days_without_tables(seen, DayRange(D, D))


def test_missing_days_in_a_row_are_one_command_and_more_are_counted(seen: SeenDays) -> None:
    hide(seen, "post_scores", day(-9), day(-8), day(-3), D)

    with pytest.raises(MissingPartitionError) as refusal:
        refuse_days_without_tables(seen, DayRange(day(-10), D))

    assert str(refusal.value) == (
        "the lake has no post_scores of 2024-02-20 to 2024-02-21 and 2 later days: "
        "run `sociallive run --from 2024-02-20 --to 2024-02-21` first"
    )


@pytest.mark.parametrize(
    ("first_day", "of_states", "of_events"),
    [
        (FIRST_DAY, DayRange(day(-6), D), DayRange(day(-29), day(1))),
        (day(-3), DayRange(day(-3), D), DayRange(day(-3), day(1))),
        (day(5), DayRange(D, D), DayRange(D, day(1))),
    ],
)
def test_history_ends_at_the_first_partition(
    first_day: date, of_states: DayRange, of_events: DayRange
) -> None:
    assert history_of(DayRange(D, D), 7, first_day) == of_states
    assert engagement_days(DayRange(D, D), first_day) == of_events


def test_a_day_is_over_where_its_events_were_read_at_its_very_end(seen: SeenDays) -> None:
    end: datetime = start_of(day(1))
    publish_events(seen.lake, D, taken_at=end)

    assert seen.is_over(D)
    assert not seen.is_over(day(2))
