from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any, TypeAlias

import narwhals as nw
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from assets.ranking.highlighted_posts import STATES_LOOKBACK_DAYS, highlight_posts
from assets.resources.engine import collect
from schema.tables.highlighted_posts import HighlightedPosts, HighlightList
from schema.validation import validate
from schema.windows import DayRange
from tests.fixtures.random_ranking import random_ranking
from tests.fixtures.random_scores import random_scores

Frame: TypeAlias = pl.DataFrame
Run: TypeAlias = Callable[[Frame, Frame, DayRange], Frame]
Build: TypeAlias = Callable[..., Frame]
PostId: TypeAlias = Callable[[int], bytes]

D = date(2026, 3, 31)
EVE = D - timedelta(days=1)
TODAY = DayRange(D, D)
NOON = datetime(2026, 3, 30, 12, tzinfo=UTC)
WEEK = datetime(2026, 3, 25, tzinfo=UTC)
US = timedelta(microseconds=1)
ANN, BOB, CARL, DORA = (bytes([letter]) * 16 for letter in b"ABCD")


@pytest.fixture
def highlight(lazy: Callable[[Frame], nw.LazyFrame[Any]]) -> Run:
    """`highlight_posts` on an engine, collected."""

    def run(scores: Frame, states: Frame, days: DayRange) -> Frame:
        return collect(highlight_posts(lazy(scores), lazy(states), days=days), HighlightedPosts)

    return run


@pytest.fixture
def known(states: Build, post: PostId) -> Callable[..., Frame]:
    """States of recent public posts of the authors: number to author."""

    def build(authors: dict[int, bytes]) -> Frame:
        rows = states(*((EVE, post(number), NOON) for number in authors))
        return rows.with_columns(user_id=pl.Series(list(authors.values()), dtype=pl.Binary))

    return build


def listed(highlighted: Frame, name: HighlightList) -> list[bytes]:
    return highlighted.filter(pl.col("list") == name)["post_id"].to_list()


def few_authors(states: Frame) -> Frame:
    """The same posts as if a handful of people had written them."""
    authors = pl.Series([ANN, BOB, CARL, DORA] * 2 + [bytes([n]) * 16 for n in range(4)])
    number = pl.col("id").bin.slice(0, 1).bin.encode("hex").str.to_integer(base=16)
    return states.with_columns(user_id=pl.lit(authors).implode().list.get(number % len(authors)))


def test_the_diverse_list_has_two_posts_of_an_author_at_most(
    highlight: Run, known: Build, scores: Build, post: PostId
) -> None:
    by = {1: ANN, 2: ANN, 3: ANN, 4: BOB}
    scored = [(D, post(n), f"{9 - n}.00", "0.00", author) for n, author in by.items()]

    highlighted = highlight(scores(*scored), known(by), TODAY)

    assert listed(highlighted, HighlightList.DIVERSE) == [post(1), post(2), post(4)]
    assert highlighted["rank"].to_list()[:3] == [1, 2, 3]


def test_a_small_creator_has_little_beside_the_post(
    highlight: Run, known: Build, scores: Build, post: PostId
) -> None:
    by = {1: ANN, 2: ANN, 3: BOB, 4: CARL, 5: CARL, 6: DORA}
    amounts = {1: "50.00", 2: "60.00", 3: "90.00", 4: "8.00", 5: "1.00", 6: "0.00"}
    scored = [(D, post(n), amounts[n], "0.00", author) for n, author in by.items()]

    highlighted = highlight(scores(*scored), known(by), TODAY)

    # Sums: 110, 90, 9 and, left out, nothing: half of the authors have less than 90.
    assert listed(highlighted, HighlightList.SMALL_CREATORS) == [
        post(3),
        post(2),
        post(1),
        post(4),
        post(5),
    ]


def test_an_author_whose_other_posts_do_well_is_not_small(
    highlight: Run, known: Build, scores: Build, post: PostId
) -> None:
    by = {1: ANN, 2: ANN, 3: BOB, 4: CARL}
    amounts = {1: "50.00", 2: "9.00", 3: "9.00", 4: "1.00"}
    scored = [(D, post(n), amounts[n], "0.00", author) for n, author in by.items()]

    highlighted = highlight(scores(*scored), known(by), TODAY)

    assert post(2) not in listed(highlighted, HighlightList.SMALL_CREATORS)
    assert listed(highlighted, HighlightList.SMALL_CREATORS) == [post(3), post(4)]


def test_older_posts_that_people_came_back_to_resurface(
    highlight: Run, states: Build, scores: Build, post: PostId
) -> None:
    known = states(
        (D, post(1), WEEK),
        (D, post(2), WEEK - timedelta(days=90)),
        (D, post(3), WEEK),
        (D, post(4), WEEK + US),
        (D, post(5), WEEK, "PRIVATE"),
        (D, post(6), WEEK, "PUBLIC", datetime(2026, 3, 31, 8, tzinfo=UTC)),
    )
    engaged = [(D, post(n), "5.00", "1.00") for n in (1, 4, 5, 6)]

    highlighted = highlight(
        scores(*engaged, (D, post(2), "7.00", "6.99"), (D, post(3), "9.00", "9.00")), known, TODAY
    )

    assert listed(highlighted, HighlightList.RESURFACING) == [post(2), post(1)]


def test_a_list_ends_at_a_hundred(
    highlight: Run, known: Build, scores: Build, post: PostId
) -> None:
    by = {number: number.to_bytes(16) for number in range(150)}
    scored = [(D, post(n), "1.00", "0.00", author) for n, author in by.items()]

    highlighted = highlight(scores(*scored), known(by), TODAY)

    assert listed(highlighted, HighlightList.DIVERSE) == [post(n) for n in range(100)]
    assert listed(highlighted, HighlightList.SMALL_CREATORS) == [post(n) for n in range(100)]


def test_no_scores_make_no_lists(
    highlight: Run, states: Build, scores: Build, post: PostId
) -> None:
    assert highlight(scores(), states((EVE, post(1), NOON)), TODAY).is_empty()
    assert highlight(scores(), states(), TODAY).is_empty()


@pytest.mark.parametrize("seed", range(4))
def test_lists_agree_with_the_oracle_and_their_contract(
    highlight: Run,
    oracle: Build,
    seed: int,
) -> None:
    days = DayRange(D - timedelta(days=9), D)
    known = few_authors(random_ranking(seed, days.preceded_by(STATES_LOOKBACK_DAYS)).post_states)
    scored = random_scores(seed, known, days)

    highlighted = highlight(scored, known, days)

    expected = oracle("highlighted_posts", days, post_scores=scored, post_states=known)
    assert_frame_equal(highlighted, expected)
    assert set(highlighted["list"]) == set(HighlightList)
    for _, partition in highlighted.group_by("date"):
        validate(partition, HighlightedPosts, partition="highlighted_posts")


def test_days_one_by_one_and_rows_in_another_order_give_the_same_lists(highlight: Run) -> None:
    days = DayRange(D - timedelta(days=4), D)
    known = few_authors(random_ranking(7, days.preceded_by(STATES_LOOKBACK_DAYS)).post_states)
    scored = random_scores(7, known, days)

    at_once = highlight(scored, known, days)

    def since(day: date, lookback: int) -> pl.Expr:
        return pl.col("date").is_between(day - timedelta(days=lookback), day)

    singly = [
        highlight(
            scored.filter(since(day, 0)).reverse(),
            known.filter(since(day, STATES_LOOKBACK_DAYS)).reverse(),
            DayRange(day, day),
        )
        for day in days
    ]
    assert_frame_equal(at_once, pl.concat(singly))
