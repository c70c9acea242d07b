import random
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import NamedTuple, TypeAlias

import polars as pl
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from assets.ranking.rank_movement import PARTS, split_rank_changes
from schema.tables.post_scores import MAX_SCORE

D = date(2026, 3, 31)
EVE = D - timedelta(days=1)
NOON = datetime(2026, 3, 29, 12, tzinfo=UTC)
SCHEMA = {
    "date": pl.Date(),
    "post_id": pl.Binary(),
    "engagement_score": pl.Decimal(10, 2),
    "idle_score": pl.Decimal(10, 2),
    "created_at": pl.Datetime("us", "UTC"),
}


class Standing(NamedTuple):
    """A post on a day: its score, the score had nobody come, and hours since noon."""

    score: Decimal
    idle: Decimal
    age: int


Day: TypeAlias = dict[int, Standing]
Key: TypeAlias = tuple[Decimal, int, int]


def at(score: str, idle: str | None = None, age: int = 0) -> Standing:
    return Standing(Decimal(score), Decimal(score if idle is None else idle), age)


def frame(**days: Day) -> pl.DataFrame:
    dates = {"before": EVE - timedelta(days=1), "eve": EVE, "today": D}
    rows = [
        (dates[day], post.to_bytes(16), s.score, s.idle, NOON - timedelta(hours=s.age))
        for day, posts in days.items()
        for post, s in posts.items()
    ]
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def split(eve: Day, today: Day) -> dict[int, tuple[int, int, int, int]]:
    rows = split_rank_changes(frame(eve=eve, today=today)).select("date", "post_id", *PARTS).rows()
    assert {row[0] for row in rows} <= {D}
    return {int.from_bytes(row[1]): row[2:] for row in rows}


def place(post: int, keys: dict[int, Key]) -> int:
    return sorted(keys, key=keys.__getitem__).index(post) + 1


def by_score(post: int, standing: Standing) -> Key:
    return (-standing.score, standing.age, post)


def by_idle_score(post: int, standing: Standing) -> Key:
    return (-standing.idle, standing.age, post)


def retell(eve: Day, today: Day) -> dict[int, tuple[int, int, int, int]]:
    """The definition, told step by step with a sorted list for every post and step."""
    all_before = {post: by_score(post, standing) for post, standing in eve.items()}
    stayed = {post: key for post, key in all_before.items() if post in today}
    all_now = {post: by_score(post, standing) for post, standing in today.items()}
    told = {}
    for post in stayed:
        r0 = place(post, all_before)
        ra = place(post, stayed)
        rb = place(post, stayed | {post: by_idle_score(post, today[post])})
        rc = place(post, stayed | {post: all_now[post]})
        rd = place(post, {other: all_now[other] for other in stayed})
        r1 = place(post, all_now)
        told[post] = (rb - rc, ra - rb, rc - rd, r0 - ra + rd - r1)
    return told


AMOUNTS = st.sampled_from([Decimal(0), Decimal("0.01"), Decimal(1), Decimal("1.01"), MAX_SCORE])
STANDINGS = st.builds(Standing, AMOUNTS, AMOUNTS, st.integers(0, 2))
DAYS = st.dictionaries(st.integers(0, 12), STANDINGS, max_size=12)


def same_births(eve: Day, today: Day) -> Day:
    """A post keeps its time of creation."""
    return {p: s._replace(age=eve[p].age) if p in eve else s for p, s in today.items()}


@given(DAYS, DAYS)
def test_every_step_is_the_one_that_sorted_lists_tell(eve: Day, today: Day) -> None:
    today = same_births(eve, today)

    assert split(eve, today) == retell(eve, today)


@given(DAYS, DAYS)
def test_the_parts_sum_to_the_change_of_rank(eve: Day, today: Day) -> None:
    today = same_births(eve, today)
    start = {post: by_score(post, standing) for post, standing in eve.items()}
    end = {post: by_score(post, standing) for post, standing in today.items()}

    changes = {post: sum(parts) for post, parts in split(eve, today).items()}

    assert changes == {p: place(p, start) - place(p, end) for p in start.keys() & end.keys()}


@given(DAYS, DAYS, DAYS, st.randoms(use_true_random=False))
def test_neither_the_order_of_rows_nor_other_days_matter(
    before: Day, eve: Day, today: Day, dice: random.Random
) -> None:
    eve = same_births(before, eve)
    today = same_births(before | eve, today)
    whole = frame(before=before, eve=eve, today=today)
    shuffled = whole[dice.sample(range(len(whole)), len(whole))]

    mixed = split_rank_changes(shuffled).filter(pl.col("date") == D)

    alone = split_rank_changes(frame(eve=eve, today=today))
    assert_frame_equal(mixed.sort("post_id"), alone.sort("post_id"))


def test_a_post_that_people_left_alone_only_decays() -> None:
    eve = {1: at("9"), 2: at("5"), 3: at("4")}
    today = {1: at("3", idle="3"), 2: at("5"), 3: at("4")}

    assert split(eve, today)[1] == (0, -2, 0, 0)


def test_a_post_that_people_came_to_makes_up_for_its_decay() -> None:
    eve = {1: at("9"), 2: at("5"), 3: at("4")}
    today = {1: at("6", idle="3"), 2: at("5"), 3: at("4")}

    assert split(eve, today)[1] == (2, -2, 0, 0)


def test_a_post_is_overtaken_by_others_and_by_new_ones() -> None:
    eve = {1: at("9"), 2: at("5")}
    today = {1: at("9"), 2: at("10"), 3: at("11"), 4: at("12")}

    assert split(eve, today)[1] == (0, 0, -1, -2)


def test_a_post_gains_the_places_of_those_that_left() -> None:
    eve = {1: at("9"), 2: at("5"), 3: at("4")}

    assert split(eve, {3: at("4")}) == {3: (0, 0, 0, 2)}


def test_ties_are_broken_as_the_ranking_breaks_them() -> None:
    eve = {1: at("1", age=1), 2: at("1", age=0), 3: at("2")}
    today = {1: at("1", age=1), 2: at("1", age=0), 3: at("1", age=1)}

    assert split(eve, today) == {1: (0, 0, 1, 0), 2: (0, 0, 1, 0), 3: (0, -2, 0, 0)}


def test_a_day_whose_day_before_has_no_posts_has_no_movement() -> None:
    assert split({}, {1: at("1")}) == {}
    assert split_rank_changes(frame(before={1: at("1")}, today={1: at("1")})).is_empty()
    assert list(split_rank_changes(frame()).columns) == ["date", "post_id", *PARTS]
