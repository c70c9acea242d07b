from decimal import Decimal
from typing import Any

import pytest

from schema.tables.columns import polars_schema
from schema.tables.user_engagement import UserEngagement
from tests.fixtures.intake import BORDERS, Intake, Source, moment, name_of, uuid_of

D = "2024-02-29"
INSIDE = ["first instant", "last instant"]


def add_at_borders(source: Source, table: str, column: str = "created_at", **given: object) -> None:
    for number, (name, at) in enumerate(BORDERS.items()):
        row = {
            key: value[number] if isinstance(value, list) else value for key, value in given.items()
        }
        # Ids have 16 bytes: names are cut.
        source.add(table, name[:16], **{column: at}, **row)


@pytest.mark.parametrize(
    ("table", "given"),
    [
        ("users", {}),
        ("posts", {}),
        ("comments", {}),
        ("media_files", {}),
        ("user_engagement", {"engagement_type": ["VIEW", "LIKE", "SHARE", "SAVE"]}),
    ],
)
def test_a_day_holds_what_was_created_from_its_first_to_its_last_instant(
    source: Source, intake: Intake, table: str, given: dict[str, Any]
) -> None:
    add_at_borders(source, table, **given)

    assert intake.names(table, D) == INSIDE


def test_follows_and_unfollows_lie_in_the_day_they_began_and_ended(
    source: Source, intake: Intake
) -> None:
    for name, at in BORDERS.items():
        source.add("users", name[:16])
        source.add("user_followers", name[:16], follower_id=name[:16], created_at=at)

    assert intake.names("follows", D, "follower_id") == INSIDE

    for name, at in BORDERS.items():
        source.unfollow(name[:16], at=at)

    assert intake.names("follows", D, "follower_id") == INSIDE
    assert intake.names("unfollows", D, "follower_id") == INSIDE


def test_every_column_of_an_event_arrives_in_its_type(source: Source, intake: Intake) -> None:
    source.add(
        "user_engagement",
        "event",
        engagement_type="LIKE",
        value="-12.34",
        metadata='{"source": "profile", "note": "private"}',
        created_at="2024-02-29 12:34:56.789012",
    )

    frame = intake.extract("user_engagement", D)

    assert frame.schema == polars_schema(UserEngagement)
    assert frame.row(0, named=True) == {
        "id": uuid_of("event").bytes,
        "user_id": uuid_of("somebody").bytes,
        "post_id": uuid_of("old post").bytes,
        "author_id": uuid_of("author").bytes,
        "engagement_type": "LIKE",
        "value": Decimal("-12.34"),
        "source": "profile",
        "created_at": moment("2024-02-29T12:34:56.789012"),
    }


VALUES = {None: "1.00", "0": "0.00", "999.99": "999.99", "-999.99": "-999.99", "0.01": "0.01"}


def test_a_missing_value_is_one_and_every_other_stays_exact(source: Source, intake: Intake) -> None:
    for number, value in enumerate(VALUES):
        source.add("users", f"u{number}")
        source.add("user_engagement", f"e{number}", user_id=f"u{number}", value=value, created_at=D)

    values = intake.extract("user_engagement", D).sort("id")["value"].to_list()

    assert values == [Decimal(expected) for expected in VALUES.values()]


def test_metadata_without_a_source_gives_none(source: Source, intake: Intake) -> None:
    for number, metadata in enumerate([None, "{}", "[1]", '"text"', "null", '{"source": null}']):
        source.add("users", f"u{number}")
        row = {"user_id": f"u{number}", "metadata": metadata, "created_at": D}
        source.add("user_engagement", f"e{number}", **row)

    assert intake.extract("user_engagement", D)["source"].to_list() == [None] * 6


def test_archived_events_are_read_like_live_ones(source: Source, intake: Intake) -> None:
    source.add("user_engagement", "live", created_at=D)
    source.execute(
        "CREATE TABLE archived PARTITION OF user_engagement_archive "
        "FOR VALUES FROM ('2024-02-01') TO ('2024-03-01')"
    )
    source.execute(
        "INSERT INTO user_engagement_archive (id, user_id, post_id, engagement_type, created_at) "
        "VALUES (%s, %s, %s, 'LIKE', '2024-02-29')",
        *(uuid_of(name) for name in ("archived", "somebody", "old post")),
    )

    assert intake.names("user_engagement", D) == ["archived", "live"]


def test_soft_deleted_posts_and_comments_were_created_all_the_same(
    source: Source, intake: Intake
) -> None:
    source.add("posts", "gone", created_at=D, deleted_at="2024-03-01")
    source.add("comments", "gone", created_at=D, deleted_at="2024-03-01")

    assert intake.names("posts", D) == ["gone"]
    assert intake.names("comments", D) == ["gone"]


def test_microseconds_since_1970_are_those_of_the_instant(source: Source, intake: Intake) -> None:
    source.add("posts", "p", created_at="2024-02-29 23:59:59.999999")
    source.add("comments", "c", created_at="2024-02-29 00:00:00.000001")
    source.add(
        "content_moderation", "m", created_at="1969-12-31 23:59:59.999999", reviewed_at=f"{D} 12:00"
    )

    for table in ("posts", "comments", "moderation_states"):
        frame = intake.extract(table, D)
        assert frame["created_us"].equals(frame["created_at"].dt.epoch("us"), check_names=False)
    assert frame["reviewed_us"].equals(frame["reviewed_at"].dt.epoch("us"), check_names=False)
    assert frame["created_us"].to_list() == [-1]


def test_a_follow_knows_whether_it_still_lives_and_may_be_taken_up_again(
    source: Source, intake: Intake
) -> None:
    for name, at in [("first", f"{D} 01:00"), ("again", f"{D} 03:00")]:
        source.add("user_followers", name, created_at=at)
        if name == "first":
            source.unfollow(name, at=f"{D} 02:00")

    follows = intake.extract("follows", D).sort("created_at")
    unfollows = intake.extract("unfollows", D)

    assert follows["created_at"].to_list() == [moment(f"{D}T01:00"), moment(f"{D}T03:00")]
    assert follows["deleted_at"].to_list() == [moment(f"{D}T02:00"), None]
    assert unfollows.select("followed_at", "deleted_at").rows() == [
        (moment(f"{D}T01:00"), moment(f"{D}T02:00"))
    ]


def test_a_follow_that_a_deleted_account_took_with_it_has_ended(
    source: Source, intake: Intake
) -> None:
    source.add("users", "leaver")
    source.add("user_followers", "f", follower_id="leaver", created_at=D)
    source.execute("DELETE FROM users WHERE id = %s", uuid_of("leaver"))

    assert intake.names("follows", D, "follower_id") == ["leaver"]


def test_other_entries_of_the_audit_trail_are_no_unfollows(source: Source, intake: Intake) -> None:
    values = f'{{"follower_id": "{uuid_of("a")}", "created_at": "{D}T00:00:00"}}'
    for table, operation in [("users", "DELETE"), ("user_followers", "UPDATE")]:
        source.execute(
            "INSERT INTO audit_log (table_name, operation, old_values, timestamp) "
            "VALUES (%s, %s, %s, %s)",
            table,
            operation,
            values,
            f"{D} 12:00",
        )

    assert intake.extract("unfollows", D).is_empty()
    assert intake.extract("follows", D).is_empty()


def test_late_accounts_are_those_that_acted_before_they_were_created(
    source: Source, intake: Intake
) -> None:
    acts: dict[str, tuple[str, dict[str, Any]]] = {
        "engaged": ("user_engagement", {"user_id": "engaged"}),
        "posted": ("posts", {"user_id": "posted"}),
        "commented": ("comments", {"user_id": "commented"}),
        "followed": ("user_followers", {"follower_id": "followed"}),
        "unfollowed": ("user_followers", {"follower_id": "unfollowed"}),
    }
    for name, (table, given) in acts.items():
        source.add("users", name, created_at="2024-03-01 00:00")
        source.add(table, name, created_at=f"{D} 12:00", **given)
    source.unfollow("unfollowed", at="2024-04-01")
    source.add("users", "on time", created_at=f"{D} 23:59:59.999999")
    source.add("posts", "by on time", user_id="on time", created_at=D)
    source.add("users", "acted later", created_at="2024-03-01")
    source.add("posts", "by acted later", user_id="acted later", created_at="2024-03-01")
    source.add("users", "was followed", created_at="2024-03-01")
    source.add("user_followers", "f", following_id="was followed", created_at=D)

    frame = intake.extract("late_accounts", D)

    assert sorted(name_of(raw) for raw in frame["id"]) == sorted(acts)
    assert set(frame["created_at"]) == {moment("2024-03-01T00:00")}
