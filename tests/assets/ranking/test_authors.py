import math
from datetime import timedelta

import polars as pl
import pytest

from schema.windows import DayRange
from tests.fixtures.ranking_frames import (
    BOB,
    END,
    D,
    Event,
    Post,
    features_of,
    ranking_frames,
)

HISTORY = ["author_lifetime", "author_spread", "author_posts", "author_weight_day"]
EVE = D - timedelta(days=1)
TODAY, YESTERDAY = END - timedelta(hours=18), END - timedelta(hours=42)


def history(posts: list[Post], events: list[Event]) -> pl.DataFrame:
    return features_of(ranking_frames(posts, events))


def test_a_posts_own_engagement_is_no_part_of_its_authors_history() -> None:
    """The platform's mean stays: as much as post 1 has more, Bob's has less."""
    posts = [Post(1, TODAY), Post(2, TODAY), Post(3, TODAY, BOB)]

    def of_first(to_first: int) -> dict[str, object]:
        shared = [Event(1, D, 12, "LIKE", to_first), Event(3, D, 12, "LIKE", 900 - to_first)]
        return history(posts, [*shared, Event(2, D, 12, "LIKE", 200)]).row(0, named=True)

    poor, rich = of_first(100), of_first(800)

    assert poor["weight"] != rich["weight"]
    expected = pytest.approx([rich[name] for name in HISTORY], abs=1e-6)
    assert [poor[name] for name in HISTORY] == expected


def test_an_authors_history_is_that_of_the_other_posts() -> None:
    posts = [Post(1, TODAY), Post(2, TODAY), Post(3, YESTERDAY), Post(4, TODAY, BOB)]
    events = [
        Event(1, D, 12, "LIKE", 300),
        Event(2, D, 12, "LIKE", 100),
        Event(3, D, 12, "LIKE", 50),
        Event(3, EVE, 12, "LIKE", 400),
    ]
    young, older = 1 - (8 / 26) ** 1.5, 1 - (8 / 50) ** 1.5
    usual = 8.5 / (young * 3 + older + 1)
    logs = [
        math.log1p((got + 0.3 * usual) / (lived + 0.3)) for got, lived in [(1, young), (4.5, older)]
    ]

    first, _, _, of_bob = history(posts, events).to_dicts()

    assert first["platform_lifetime"] == pytest.approx(usual)
    assert first["author_lifetime"] == pytest.approx((5.5 + 3 * usual) / (young + older + 3))
    assert first["author_spread"] == pytest.approx(abs(logs[0] - logs[1]) / 2)
    assert first["author_weight_day"] == pytest.approx(1.5)
    assert (first["author_posts"], first["author_posts_week"]) == (2, 3)
    assert of_bob["author_lifetime"] == pytest.approx(usual)
    assert (of_bob["author_posts"], of_bob["author_spread"]) == (0, None)


def test_the_more_posts_an_author_has_the_more_they_outweigh_the_platforms() -> None:
    def life_of(others: int) -> float:
        posts = [Post(number, TODAY) for number in range(others + 1)]
        crowd = [Post(100 + number, TODAY, BOB) for number in range(200)]
        engaged = [Event(number, D, 12, "COMMENT") for number in range(1, others + 1)]
        life: float = history([*posts, *crowd], engaged)["author_lifetime"][0]
        return life

    # Each got 10 in five sixths of a life.
    lives = [life_of(others) for others in (1, 5, 50)]
    assert lives == sorted(lives)
    assert lives[0] < 4
    assert 10 < lives[2] < 10 / (1 - (8 / 26) ** 1.5)


def test_posts_of_the_week_and_hours_since_the_newest_count_the_post_itself() -> None:
    aged = [END - timedelta(hours=hours) for hours in (5, 168, 169)]
    posts = [Post(number, at) for number, at in enumerate(aged)]

    rows = history(posts, [])

    assert rows["author_posts_week"].to_list() == [2, 2, 2]
    assert rows["author_hours_since_last"].to_list() == [5, 5, 5]


@pytest.mark.parametrize("taken", [-100, -101, -5_000])
def test_a_post_that_was_taken_back_leaves_its_authors_spread_known(taken: int) -> None:
    """At minus one LIKE, a logarithm ends."""
    posts = [Post(number, TODAY) for number in range(3)] + [Post(9, TODAY, BOB)]
    events = [Event(0, D, 12, "LIKE", taken), Event(9, D, 12, "LIKE", -taken)]

    rows = history(posts, events)

    assert rows["author_spread"].to_list()[:3] == [0, 0, 0]


def test_a_platform_that_was_taken_back_expects_nothing_of_anybody() -> None:
    rows = history([Post(1, TODAY), Post(2, TODAY, BOB)], [Event(1, D, 12, "LIKE", -900)])

    assert rows["author_lifetime"].to_list() == [0, 0]
    assert rows["prior"].to_list() == [0, 0]


def test_dates_know_nothing_of_each_other() -> None:
    frames = ranking_frames([Post(1, YESTERDAY)], [Event(1, D, 12, "LIKE", 500)])

    rows = features_of(frames, DayRange(EVE, D))

    assert rows.select("date", "platform_lifetime").rows() == [
        (EVE, 0.0),
        (D, pytest.approx(5 / (2 - (8 / 50) ** 1.5))),
    ]
