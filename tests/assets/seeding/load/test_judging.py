from collections.abc import Callable
from datetime import datetime

import polars as pl
import psycopg

from assets.seeding.load import LoadReport

Frames = dict[str, pl.DataFrame]
Load = Callable[..., LoadReport]
Reasons = Callable[[LoadReport, str], dict[str, int]]
EARLY, LATE = datetime(2020, 9, 3, 8), datetime(2020, 9, 3, 9)


def comments(*threads: tuple[str, str | None], **constants: object) -> pl.DataFrame:
    fields = {"post_id": "p1", "user_id": "1", "content": "x", "created_at": EARLY} | constants
    return pl.DataFrame(
        {"id": [own for own, _ in threads], "parent_id": [parent for _, parent in threads]}
        | {name: [value] * len(threads) for name, value in fields.items()},
        schema_overrides={"parent_id": pl.String},
    )


def follows(*pairs: tuple[str, str]) -> pl.DataFrame:
    return pl.DataFrame(pairs, schema=["follower_id", "following_id"], orient="row")


def test_orphans_are_rejected_with_what_is_not_there(
    load: Load, reasons: Reasons, healthy: Frames
) -> None:
    events = healthy["user_engagement"]
    healthy["posts"] = healthy["posts"].with_columns(user_id=pl.Series(["1", "9"]))
    healthy["comments"] = pl.concat(
        [comments(("a", None), user_id="9"), comments(("b", None), post_id="p9")]
    )
    healthy["user_followers"] = follows(("9", "1"), ("1", "9"), ("1", "2"))
    healthy["user_engagement"] = pl.concat(
        [events, events[:1].with_columns(user_id=pl.lit("9"), post_id=pl.lit("p1"))]
    )

    report = load(healthy)

    assert reasons(report, "posts") == {"user_id is none of the users": 1}
    assert reasons(report, "comments") == {
        "post_id is none of the posts": 1,
        "user_id is none of the users": 1,
    }
    assert reasons(report, "user_followers") == {
        "follower_id is none of the users": 1,
        "following_id is none of the users": 1,
    }
    assert reasons(report, "user_engagement") == {
        "post_id is none of the posts": 1,
        "user_id is none of the users": 1,
    }


def test_a_rejected_row_takes_along_all_that_hangs_on_it(
    load: Load, reasons: Reasons, healthy: Frames
) -> None:
    healthy["users"] = healthy["users"].with_columns(username=pl.Series(["", "bob", "cy"]))

    report = load(healthy)

    assert reasons(report, "users") == {"username is missing": 1}
    assert reasons(report, "posts") == {"user_id is none of the users": 1}
    assert reasons(report, "comments") == {"post_id is none of the posts": 2}
    assert reasons(report, "user_followers") == {"follower_id is none of the users": 1}
    assert sum(reasons(report, "user_engagement").values()) == 2


def test_a_thread_falls_with_its_root_and_circles_have_none(
    load: Load, reasons: Reasons, healthy: Frames, connection: psycopg.Connection
) -> None:
    chain = [(f"n{depth}", f"n{depth - 1}" if depth else None) for depth in range(300)]
    fallen = [("f0", "nobody"), ("f1", "f0"), ("f2", "f1"), ("f3", "f2")]
    circles = [("o", "o"), ("a", "b"), ("b", "a"), ("tail", "a")]
    healthy["comments"] = comments(*reversed(chain), *fallen, *circles)

    report = load(healthy)

    assert reasons(report, "comments") == {
        "parent_id is none of the comments": 4,
        "parent_id leads round in a circle": 4,
    }
    assert connection.execute("SELECT count(*) FROM comments").fetchone() == (300,)


def test_of_equal_keys_the_oldest_row_goes_in(
    load: Load, reasons: Reasons, healthy: Frames, connection: psycopg.Connection
) -> None:
    healthy["users"] = pl.DataFrame(
        {
            "id": ["1", "1", "2", "3", "4"],
            "username": ["late", "early", "early", "cy", "dan"],
            "email": ["l@x", "e@x", "f@x", "g@x", "g@x"],
            "created_at": [LATE, EARLY, LATE, EARLY, EARLY],
        }
    )
    healthy["posts"] = healthy["posts"].with_columns(id=pl.lit("p1"), user_id=pl.lit("1"))
    healthy["comments"] = comments(("a", None), ("a", None))
    healthy["user_followers"] = follows(("1", "3"), ("3", "1"), ("1", "3"))
    healthy["user_engagement"] = pl.DataFrame(
        {
            "user_id": ["1"] * 4,
            "post_id": ["p1"] * 4,
            "engagement_type": ["VIEW", "VIEW", "VIEW", "LIKE"],
            "value": [1, 2, 3, 4],
            "created_at": [LATE, EARLY, EARLY, LATE],
        }
    )

    report = load(healthy)

    assert reasons(report, "users") == {
        "email is that of an earlier row": 1,
        "id is that of an earlier row": 1,
        "username is that of an earlier row": 1,
    }
    assert reasons(report, "posts") == {"id is that of an earlier row": 1}
    assert reasons(report, "comments") == {"id is that of an earlier row": 1}
    assert reasons(report, "user_followers") == {"follow is that of an earlier row": 1}
    assert reasons(report, "user_engagement") == {"engagement is that of an earlier row": 2}
    names = connection.execute("SELECT username FROM users ORDER BY username").fetchall()
    assert names == [("cy",), ("early",)]
    values = connection.execute("SELECT value::int FROM user_engagement ORDER BY 1").fetchall()
    assert values == [(2,), (4,)]


def test_a_row_that_cannot_go_in_does_not_count_as_an_earlier_one(
    load: Load, reasons: Reasons, healthy: Frames
) -> None:
    healthy["comments"] = pl.concat(
        [comments(("a", None), user_id="9"), comments(("a", None), created_at=LATE)]
    )

    assert reasons(load(healthy), "comments") == {"user_id is none of the users": 1}


def test_nobody_follows_himself(load: Load, reasons: Reasons, healthy: Frames) -> None:
    same = "6BA7B8109DAD11D180B400C04FD430C8"
    healthy["user_followers"] = follows(
        ("1", "1"), ("2", "1"), (same, "6ba7b810-9dad-11d1-80b4-00c04fd430c8")
    )

    assert reasons(load(healthy), "user_followers") == {"follows itself": 2}


def test_what_the_database_has_counts_for_references_and_keys(
    load: Load, reasons: Reasons, healthy: Frames, connection: psycopg.Connection
) -> None:
    load(healthy)
    more: Frames = {
        "users": pl.DataFrame({"id": ["1", "8", "7"], "username": ["new", "ann", "own"]}),
        "posts": healthy["posts"][:1].with_columns(id=pl.lit("p3")),
        "comments": comments(("c3", "c2"), ("c4", "c3")),
        "user_followers": follows(("1", "2"), ("2", "7")),
        "user_engagement": pl.concat(
            [
                healthy["user_engagement"],
                healthy["user_engagement"][:1].with_columns(post_id=pl.lit("p3")),
            ]
        ),
    }

    report = load(more)

    assert reasons(report, "users") == {
        "id is in the database already": 1,
        "username is in the database already": 1,
    }
    assert reasons(report, "posts") == reasons(report, "comments") == {}
    assert reasons(report, "user_followers") == {"follow is in the database already": 1}
    assert reasons(report, "user_engagement") == {"engagement is in the database already": 2}
    assert connection.execute("SELECT count(*) FROM user_engagement").fetchone() == (3,)
