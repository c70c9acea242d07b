import statistics
from collections.abc import Sequence
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from reports.creator.equal_age import (
    LEAST_POSTS,
    compare_at_equal_age,
    count_until_ages,
    equal_age_of,
    hours_of_posting,
    quartile,
    young_posts,
)
from reports.creator.model import EqualAge
from schema.tables.post_engagement_hourly import PostEngagementHourly
from schema.windows import DayRange
from tests.fixtures.engines import LazyOn, on_polars
from tests.fixtures.small_tables import Row, at, day, table, uid, us
from tests.fixtures.summaries import collected

DAYS = DayRange(day(-120), day())
POSTS = {"author_id": pl.Binary, "post_id": pl.Binary, "created_us": pl.Int64}


def posted(name: str, moment: datetime, *, author: str = "ana") -> Row:
    return {"author_id": uid(author), "post_id": uid(name), "created_us": us(moment)}


def engaged(post: str, moment: datetime, kind: str = "LIKE", events: int = 1) -> Row:
    names = {"post_id": uid(post), "author_id": uid("ana"), "engagement_type": kind}
    return names | {"date": moment.date(), "hour": moment.hour, "audience_events": events}


def compare(
    posts: list[Row],
    events: list[Row],
    *,
    shown: Sequence[str] = ("shown",),
    days: DayRange = DAYS,
    lazy_on: LazyOn = on_polars,
) -> dict[bytes, EqualAge]:
    known = pl.DataFrame(posts, schema=POSTS, orient="row")
    of_shown = known.filter(pl.col("post_id").is_in([uid(name) for name in shown]))
    young = young_posts(of_shown, DayRange(day(-27), day()))
    counts = count_until_ages(
        lazy_on(table(PostEngagementHourly, events)),
        lazy_on(hours_of_posting(known)),
        lazy_on(young.select("author_id", "hours").unique()),
    )
    rows = compare_at_equal_age(young, known, collected(counts), list(days))
    return {row["post_id"]: equal_age_of(row) for row in rows.iter_rows(named=True)}


def earlier_posts(count: int = LEAST_POSTS) -> list[Row]:
    """Posted at half past noon of the days before D's eve."""
    return [posted(f"earlier {n}", at(12.5, offset=-10 - n)) for n in range(count)]


def test_a_post_stands_beside_earlier_ones_at_its_own_age(lazy_on: LazyOn) -> None:
    # Posted at 20:15 of D: three whole hours old at its end.
    posts = [posted("shown", at(20.25)), *earlier_posts()]
    events = [
        engaged("shown", at(20)),
        engaged("shown", at(22), "COMMENT", 4),
        engaged("shown", at(23), "SAVE", 100),
        engaged("shown", at(21), "VIEW", 100),
        engaged("earlier 0", at(12, offset=-10), events=8),
        engaged("earlier 1", at(14, offset=-11), "CLICK", 4),
        engaged("earlier 2", at(15, offset=-12), events=100),
        engaged("earlier 3", at(11, offset=-13), events=100),
        engaged("earlier 4", at(13, offset=-14), "SHARE", 2),
        engaged("earlier 4", at(12, offset=-14), "VIEW", 100),
    ]

    # Engagement of the hours 20, 21 and 22 counts, and of the others' 12, 13 and 14: 8 4 0 0 2.
    assert compare(posts, events, lazy_on=lazy_on) == {
        uid("shown"): EqualAge(3, 5, 5, Fraction(0), Fraction(2), Fraction(4))
    }


def test_fewer_than_five_earlier_posts_tell_nothing() -> None:
    shown = posted("shown", at(20.25))

    assert compare([shown, *earlier_posts(LEAST_POSTS - 1)], []) == {}
    assert compare([shown, *earlier_posts()], [])[uid("shown")].posts == LEAST_POSTS


def test_a_post_of_less_than_an_hour_or_of_more_than_four_weeks_is_not_compared() -> None:
    posts = [
        posted("late", at(23.25)),
        posted("old", at(23.9, offset=-28)),
        posted("young", at(0, offset=-27)),
        *(posted(f"earlier {n}", at(12, offset=-60 - n)) for n in range(LEAST_POSTS)),
    ]

    found = compare(posts, [], shown=["late", "old", "young"])

    assert {post: each.hours for post, each in found.items()} == {uid("young"): 168}


def test_posts_of_others_later_ones_and_much_earlier_ones_do_not_count() -> None:
    shown = posted("shown", at(12, offset=-2))
    posts = [
        shown,
        posted("at once", at(12, offset=-2)),
        posted("later", at(13, offset=-2)),
        posted("of another", at(12, offset=-5), author="ben"),
        posted("ninety days before", at(12, offset=-92)),
        posted("longer ago", at(11.99, offset=-92)),
        *earlier_posts(4),
    ]

    assert compare(posts, [])[uid("shown")].posts == LEAST_POSTS


def test_posts_whose_life_is_not_wholly_published_are_left_out() -> None:
    posts = [posted("shown", at(12, offset=-3)), *earlier_posts(6)]
    events = [engaged(f"earlier {n}", at(12, offset=-10 - n), events=n) for n in range(6)]
    since = day(-10 - 4)

    found = compare(posts, events, days=DayRange(since, day()))

    assert found[uid("shown")] == EqualAge(84, 0, 5, Fraction(1), Fraction(2), Fraction(3))
    assert compare(posts, events, days=DayRange(day(-13), day())) == {}
    assert compare(posts, events, days=DayRange(day(-2), day())) == {}


@given(st.lists(st.integers(0, 10**6), min_size=LEAST_POSTS, max_size=40))
def test_quartiles_are_exact(values: list[int]) -> None:
    frame = pl.DataFrame({"earlier": [sorted(values)], "posts": [len(values)]})

    quarters = frame.select(quartile(quarter).alias(str(quarter)) for quarter in (1, 2, 3)).row(0)

    exact = statistics.quantiles(map(Fraction, values), n=4, method="inclusive")
    assert [Fraction(quarter, 4) for quarter in quarters] == exact


@settings(max_examples=30, derandomize=True)
@given(st.data())
def test_random_lives_equal_a_count_by_hand(data: st.DataObject) -> None:
    minutes = st.integers(0, 30 * 24 * 60 - 1)
    moments = data.draw(st.lists(minutes, min_size=6, max_size=12))
    start = at(0, offset=-29)
    births = {f"p{n}": start + timedelta(minutes=m) for n, m in enumerate(moments)}
    drawn = st.tuples(st.sampled_from(list(births)), minutes, st.sampled_from(["LIKE", "VIEW"]))
    events = [
        (post, start + timedelta(minutes=m), kind)
        for post, m, kind in data.draw(st.lists(drawn, max_size=40))
    ]

    found = compare(
        [posted(name, moment) for name, moment in births.items()],
        [engaged(*event) for event in _once_an_hour(events)],
        shown=list(births),
    )

    for name, born in births.items():
        assert found.get(uid(name)) == _by_hand(name, born, births, _once_an_hour(events))


def _once_an_hour(events: list[Any]) -> list[Any]:
    """One event per post, hour and type, as the rollup's grain has it."""
    by_grain = {
        (post, moment.replace(minute=0), kind): (post, moment, kind)
        for post, moment, kind in events
    }
    return list(by_grain.values())


def _by_hand(
    name: str, born: datetime, births: dict[str, datetime], events: list[Any]
) -> EqualAge | None:
    end = at(24)
    hours = min(168, int((end - born) / timedelta(hours=1)))
    if hours < 1 or born < at(0, offset=-27):
        return None

    def until(post: str) -> int:
        begin = births[post].replace(minute=0)
        late = begin + timedelta(hours=hours)
        return sum(p == post and kind != "VIEW" and begin <= m < late for p, m, kind in events)

    earlier = [until(post) for post, moment in births.items() if moment < born]
    if len(earlier) < LEAST_POSTS:
        return None
    quartiles = statistics.quantiles(map(Fraction, earlier), n=4, method="inclusive")
    return EqualAge(hours, until(name), len(earlier), *quartiles)
