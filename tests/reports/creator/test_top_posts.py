from typing import Any

import polars as pl

from reports.creator.model import ENGAGEMENTS, MOST_POSTS
from reports.creator.top_posts import choose_posts, count_by_post, newest_states
from schema.tables.post_engagement_daily import PostEngagementDaily
from schema.tables.post_states import PostStates
from tests.fixtures.engines import LazyOn
from tests.fixtures.small_tables import Row, at, day, engaged, table, uid
from tests.fixtures.summaries import collected

COUNTS = {"author_id": pl.Binary, "post_id": pl.Binary, "impressions": pl.Int64} | dict.fromkeys(
    ENGAGEMENTS, pl.Int64
)


def counted(name: str, *, author: str = "ana", impressions: int = 0, **types: int) -> Row:
    names = {"author_id": uid(author), "post_id": uid(name), "impressions": impressions}
    return names | dict.fromkeys(ENGAGEMENTS, 0) | types


def state(name: str, *, author: str = "ana", hour: float = 1, **more: Any) -> Row:
    facts = {"id": uid(name), "user_id": uid(author), "created_at": at(hour)}
    return {"visibility": "PUBLIC"} | facts | more


def chosen(counts: list[Row], states: list[Row]) -> list[tuple[bytes, int]]:
    frame = pl.DataFrame(counts, schema=COUNTS, orient="row")
    posts = choose_posts(frame, table(PostStates, states).drop("date", "deleted_at"))
    return posts.select("post_id", "place").rows()


def test_events_of_a_post_are_summed_per_type(lazy_on: LazyOn) -> None:
    rows = table(
        PostEngagementDaily,
        [
            engaged("ana", "VIEW", 7),
            engaged("ana", "VIEW", 5, date=day(1)),
            engaged("ana", "LIKE", 2),
            engaged("ana", "SHARE", 1, date=day(1)),
            engaged("ben", "VIEW", 1),
        ],
    )

    counts = collected(count_by_post(lazy_on(rows))).sort("author_id")

    assert counts.select("author_id", "impressions", *ENGAGEMENTS).rows() == [
        (uid("ana"), 12, 2, 0, 1, 0, 0),
        (uid("ben"), 1, 0, 0, 0, 0, 0),
    ]


def test_a_post_is_as_it_stood_last(lazy_on: LazyOn) -> None:
    rows = table(
        PostStates,
        [
            state("p", visibility="PRIVATE", date=day(1)),
            state("p", visibility="PUBLIC"),
            state("q", visibility="UNLISTED"),
        ],
    )

    states = collected(newest_states(lazy_on(rows))).sort("id")

    assert states.select("id", "visibility").rows() == [
        (uid("p"), "PRIVATE"),
        (uid("q"), "UNLISTED"),
    ]


def test_most_engagement_comes_first_then_impressions_then_the_newest_then_the_id() -> None:
    counts = [
        counted("a", LIKE=1, impressions=5),
        counted("b", LIKE=1, impressions=5),
        counted("c", LIKE=1, impressions=5),
        counted("d", SAVE=1, impressions=6),
        counted("e", CLICK=1, COMMENT=1),
    ]
    states = [state("a", hour=2), state("b", hour=1), state("c", hour=2)]

    order = chosen(counts, [*states, state("d"), state("e")])

    assert order == [(uid(name), place) for place, name in enumerate("edacb", start=1)]


def test_each_creator_has_the_same_number_of_posts_at_most() -> None:
    names = [f"{author}{n}" for author in "ab" for n in range(MOST_POSTS + 2)]
    counts = [counted(name, author=name[0], LIKE=1) for name in names]

    order = chosen(counts, [state(name, author=name[0]) for name in names])

    assert [place for _, place in order] == [*range(1, MOST_POSTS + 1)] * 2


def test_a_post_that_only_had_views_is_shown_and_one_of_another_author_is_not() -> None:
    counts = [counted("seen", impressions=1), counted("not hers", LIKE=9)]

    assert chosen(counts, [state("seen"), state("not hers", author="ben")]) == [(uid("seen"), 1)]


def test_a_post_without_a_visibility_has_the_default_one() -> None:
    frame = pl.DataFrame([counted("p", LIKE=1)], schema=COUNTS, orient="row")
    states = table(PostStates, [state("p", visibility=None)]).drop("date", "deleted_at")

    assert choose_posts(frame, states)["visibility"].to_list() == ["PUBLIC"]
