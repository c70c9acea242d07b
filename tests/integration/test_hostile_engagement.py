from datetime import date
from hashlib import md5
from pathlib import Path
from typing import Any
from uuid import UUID

import polars as pl
import psycopg
import pytest

from assets.resources.engine import EngineName
from tests.fixtures.installation import Copy, Installation

STATEMENTS = Path(__file__).parent / "sql" / "hostility"
FIRST, D = "2024-02-23", "2024-02-29"
LONG_AGO, NOON = "2023-01-01", f"{D} 12:00:00.5"
# Places of the popular posts, and posts that nobody helped: all of them are better.
PLACES, HONEST_POSTS = 1_000, 1_250
BURST, OWN_EVENTS, OWN_POSTS, TYPES = 500, 10_000, 1_667, 6


def named(name: str) -> str:
    """The id that SQL makes of a name."""
    return str(UUID(md5(name.encode(), usedforsecurity=False).hexdigest()))


def author(name: str) -> str:
    return named(f"{name} 1")


def post_of(name: str) -> str:
    return named(f"post of {name} 1")


def happen(installation: Installation, statement: str, **facts: Any) -> None:
    text = (STATEMENTS / f"{statement}.sql").read_text(encoding="utf-8")
    installation.execute(text, facts)


def open_accounts(installation: Installation) -> None:
    """Readers and authors of old; an army that opened its accounts in the morning."""
    for name, count in [("reader", 1_000), ("author", 250), ("army", BURST), ("crowd", BURST)]:
        at = f"{D} 06:00" if name == "army" else LONG_AGO
        happen(installation, "open_accounts", name=name, count=count, at=at)
    for name in ("repeater", "promoter", "liked by the army", "liked by the crowd"):
        happen(installation, "open_accounts", name=name, count=1, at=LONG_AGO)


def write_posts(installation: Installation) -> None:
    """Honest ones all week, the others' in its midst."""
    span = {"first": f"{FIRST} 12:00", "last": f"{D} 12:00"}
    happen(installation, "write_posts", name="author", authors=250, count=HONEST_POSTS, **span)
    for name, count in [
        *(("repeater", 1), ("promoter", OWN_POSTS)),
        *(("liked by the army", 1), ("liked by the crowd", 1)),
    ]:
        midst = {"first": "2024-02-26 12:00", "last": "2024-02-26 13:00"}
        happen(installation, "write_posts", name=name, authors=1, count=count, **midst)


def engage(installation: Installation) -> None:
    happen(installation, "engage_modestly", name="author", count=HONEST_POSTS, day=D)
    happen(
        installation,
        "repeat_on_own_post",
        post=post_of("repeater"),
        count=OWN_EVENTS,
        at=f"{D} 09:00",
    )
    happen(installation, "engage_with_all_own_posts", author=author("promoter"), at=NOON)
    for name in ("army", "crowd"):
        post = post_of(f"liked by the {name}")
        happen(installation, "like_within_a_minute", name=name, post=post, count=BURST, at=NOON)


@pytest.fixture(scope="module")
def attacked(lasting_copies: Copy, migrated_template: str) -> Installation:
    """A week of a platform that is attacked on its last day, and has run."""
    installation = lasting_copies(migrated_template, EngineName.DUCKDB, date.fromisoformat(FIRST))
    for step in (open_accounts, write_posts, engage):
        step(installation)
    installation.run(D)
    return installation


def lake_rows(installation: Installation, table: str) -> pl.DataFrame:
    return pl.read_parquet(installation.lake.files(table, [date.fromisoformat(D)]))


@pytest.fixture(scope="module")
def popular(attacked: Installation) -> set[str]:
    """Posts that are popular on D."""
    return {str(UUID(bytes=post)) for post in lake_rows(attacked, "popular_posts")["post_id"]}


def best_posts(installation: Installation) -> set[str]:
    """As anybody who reads the platform's own scores would list them."""
    rows = installation.rows(
        "SELECT id::text FROM posts ORDER BY engagement_score DESC, created_at DESC, id LIMIT %s",
        [PLACES],
    )
    return {post for (post,) in rows}


def test_ten_thousand_events_on_the_own_post_make_it_no_more_popular(
    attacked: Installation, popular: set[str]
) -> None:
    assert len(popular) == PLACES
    assert post_of("repeater") not in popular | best_posts(attacked)


def test_ten_thousand_events_on_own_posts_make_none_of_them_popular(
    attacked: Installation, popular: set[str]
) -> None:
    own = {named(f"post of promoter {n}") for n in range(1, OWN_POSTS + 1)}

    assert not own & (popular | best_posts(attacked))


def test_five_hundred_fresh_accounts_within_a_minute_make_a_post_no_more_popular(
    attacked: Installation, popular: set[str]
) -> None:
    assert post_of("liked by the army") not in popular | best_posts(attacked)


def test_as_many_accounts_of_old_do(attacked: Installation, popular: set[str]) -> None:
    [(best,)] = attacked.rows("SELECT id::text FROM posts ORDER BY engagement_score DESC LIMIT 1")

    assert post_of("liked by the crowd") in popular
    assert best == post_of("liked by the crowd")


@pytest.mark.parametrize(
    ("name", "set_aside"),
    [("liked by the army", BURST), ("liked by the crowd", 0), ("repeater", 0)],
)
def test_the_score_tells_what_it_leaves_out(
    attacked: Installation, name: str, set_aside: int
) -> None:
    scores = lake_rows(attacked, "post_scores")

    post = UUID(post_of(name)).bytes
    told = scores.filter(pl.col("post_id") == post)["coordinated_events"].to_list()
    assert told == [set_aside]
    assert scores["coordinated_events"].sum() == BURST


def test_an_attack_leaves_a_post_where_one_is_that_nobody_touched(attacked: Installation) -> None:
    scores = attacked.rows(
        "SELECT engagement_score FROM posts WHERE id = ANY(%s::uuid[])",
        [[post_of("liked by the army"), post_of("repeater")]],
    )

    [(of_army,), (of_repeater,)] = scores
    assert of_army == of_repeater > 0


def test_what_happened_is_counted_all_the_same(attacked: Installation) -> None:
    counted = {
        str(user): (engagements, likes)
        for user, engagements, likes in attacked.rows(
            "SELECT user_id, post_engagements, total_likes FROM user_analytics WHERE date = %s", [D]
        )
    }

    assert attacked.user_analytics() == attacked.expected("user_analytics", D, D)
    assert counted[author("liked by the army")] == (BURST, BURST)
    assert counted[author("liked by the crowd")] == (BURST, BURST)
    assert counted[author("repeater")] == (OWN_EVENTS, OWN_EVENTS // 3)
    assert counted[author("promoter")] == (OWN_POSTS * (TYPES - 1), OWN_POSTS)


def test_the_database_refuses_the_second_event_of_a_key(attacked: Installation) -> None:
    """Why it takes so many posts, or an application that bypasses the key."""
    with pytest.raises(psycopg.errors.UniqueViolation):
        happen(attacked, "engage_with_all_own_posts", author=author("promoter"), at=NOON)
