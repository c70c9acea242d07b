from datetime import date

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.creator.audience import (
    audience_of,
    count_audience,
    count_hours,
    hours_of_day,
    level_hours,
)
from reports.creator.model import HOUR_LEVELS, SMALLEST_GROUP, Audience
from schema.tables.author_audience_daily import AuthorAudienceDaily
from tests.fixtures.engines import LazyOn, on_polars
from tests.fixtures.small_tables import Row, day, table, uid
from tests.fixtures.summaries import collected

# The weekday of 29 February 2024, Monday being 0.
THURSDAY = 3
EIGHT, NINE = 2**8, 2**9


def visit(who: str, *, author: str = "ana", hours: int = EIGHT, offset: int = 0) -> Row:
    names = {"author_id": uid(author), "user_id": uid(who)}
    return names | {"date": day(offset), "active_hours": hours}


def crowd(accounts: int, *, hours: int = EIGHT, offset: int = 0) -> list[Row]:
    return [visit(f"fan {n}", hours=hours, offset=offset) for n in range(accounts)]


def visits(*rows: Row) -> pl.DataFrame:
    return table(AuthorAudienceDaily, list(rows))


def hours_of(rows: pl.DataFrame, lazy_on: LazyOn = on_polars) -> dict[tuple[int, int], int]:
    levels = level_hours(collected(count_hours(lazy_on(rows), lazy_on(hours_of_day()))))
    return {(weekday, hour): level for _, weekday, hour, level in levels.rows()}


def test_an_account_is_reached_once_and_returning_if_it_was_there_before(lazy_on: LazyOn) -> None:
    rows = visits(
        visit("ben"),
        visit("ben", offset=-1),
        visit("ben", offset=-7),
        visit("cid", offset=-1),
        visit("dan", offset=-9),
        visit("ben", author="eve", offset=-2),
        visit("cid", author="eve"),
    )

    counts = collected(count_audience(lazy_on(rows), first=day(-1))).sort("author_id")

    assert counts.select("author_id", "reached", "returning").rows() == [
        (uid("ana"), 2, 1),
        (uid("eve"), 1, 0),
    ]


def test_an_account_counts_once_per_hour_of_the_week(lazy_on: LazyOn) -> None:
    weeks = [crowd(20, offset=-7 * week) for week in range(4)]
    others = crowd(40, hours=NINE, offset=-1)

    hours = hours_of(visits(*weeks[0], *weeks[1], *weeks[2], *weeks[3], *others), lazy_on)

    assert hours == {(THURSDAY, 8): HOUR_LEVELS // 2, (THURSDAY - 1, 9): HOUR_LEVELS}


@pytest.mark.parametrize(
    ("day_", "weekday"),
    [(date(2024, 3, 4), 0), (date(2024, 3, 10), 6), (date(1969, 12, 31), 2)],
)
def test_weekdays_are_counted_from_monday(day_: date, weekday: int, lazy_on: LazyOn) -> None:
    rows = visits(*(row | {"date": day_} for row in crowd(SMALLEST_GROUP)))

    assert hours_of(rows, lazy_on) == {(weekday, 8): HOUR_LEVELS}


def test_hours_of_few_are_left_out_and_levels_are_shares_of_the_busiest_hour() -> None:
    sizes = {0: 100, 1: 75, 2: 51, 3: 50, 4: 26, 5: 25, 6: SMALLEST_GROUP, 7: SMALLEST_GROUP - 1}
    rows = [row for hour, size in sizes.items() for row in crowd(size, hours=2**hour)]

    hours = {hour: level for (_, hour), level in hours_of(_united(rows)).items()}

    assert hours == {0: 4, 1: 3, 2: 3, 3: 2, 4: 2, 5: 1, 6: 1}


def _united(rows: list[Row]) -> pl.DataFrame:
    """One row per account, as the rollup has it."""
    frame = visits(*rows)
    return frame.group_by("date", "author_id", "user_id").agg(pl.col("active_hours").sum())


@pytest.mark.parametrize(
    ("reached", "returning", "shown"),
    [
        (0, 0, Audience()),
        (9, 9, Audience()),
        (10, 0, Audience(reached=10)),
        (10, 10, Audience(reached=10)),
        (19, 10, Audience(reached=19)),
        (19, 9, Audience(reached=19)),
        (20, 10, Audience(reached=20, new=10, returning=10)),
        (90, 30, Audience(reached=90, new=60, returning=30)),
        (90, None, Audience(reached=90, knows_returning=False)),
    ],
)
def test_groups_of_few_are_not_shown(reached: int, returning: int | None, shown: Audience) -> None:
    assert audience_of(reached, returning, {}) == shown


@given(st.integers(0, 60), st.integers(0, 60))
def test_no_group_of_few_can_be_found_by_subtracting(new: int, returning: int) -> None:
    shown = audience_of(new + returning, returning, {})
    parts = [n for n in (shown.new, shown.returning) if n is not None]
    whole = [] if shown.reached is None else [shown.reached]
    rests = [n - part for n in whole for part in parts]

    assert all(n >= SMALLEST_GROUP for n in (*whole, *parts, *rests))
    # Either both parts are shown or none.
    assert len(parts) in {0, 2}


@given(st.integers(0, 60), st.integers(0, 60))
def test_what_is_hidden_is_the_same_for_every_number_of_few(new: int, returning: int) -> None:
    """Which of two unequal parts is the small one cannot be told from what is shown."""
    shown = audience_of(new + returning, returning, {})

    if min(new, returning) < SMALLEST_GROUP:
        assert shown == audience_of(new + returning, new, {})
        assert shown == audience_of(new + returning, 0, {})


def test_nobody_is_an_audience_of_nobody(lazy_on: LazyOn) -> None:
    assert collected(count_audience(lazy_on(visits()), first=day())).is_empty()
    assert hours_of(visits(), lazy_on) == {}
