import pytest

from tests.fixtures.intake import BORDERS, Intake, Source, moment, uuid_of

D = "2024-02-29"


def test_a_post_is_touched_when_it_is_created_changed_or_deleted_in_the_day(
    source: Source, intake: Intake
) -> None:
    for column in ("created_at", "updated_at", "deleted_at"):
        for number, at in enumerate(BORDERS.values()):
            source.add(
                "posts", f"{column} {number}", **({"created_at": "2023-01-01"} | {column: at})
            )

    assert intake.names("post_states", D) == [
        "created_at 1",
        "created_at 2",
        "deleted_at 1",
        "deleted_at 2",
        "updated_at 1",
        "updated_at 2",
    ]


def test_a_post_is_touched_when_somebody_engages_with_it_and_stands_as_it_is_now(
    source: Source, intake: Intake
) -> None:
    source.add("user_engagement", "like", engagement_type="LIKE", created_at=f"{D} 10:00")
    source.add("user_engagement", "view", engagement_type="VIEW", created_at=f"{D} 11:00")
    source.execute(
        "UPDATE posts SET visibility = 'PRIVATE', media_type = 'VIDEO', deleted_at = '2024-05-01'"
    )

    assert intake.extract("post_states", D).rows(named=True) == [
        {
            "id": uuid_of("old post").bytes,
            "user_id": uuid_of("author").bytes,
            "visibility": "PRIVATE",
            "media_type": "VIDEO",
            "created_at": moment("2020-01-01T00:00"),
            "deleted_at": moment("2024-05-01T00:00"),
        }
    ]


def test_a_post_is_touched_by_engagement_from_the_first_to_the_last_instant_of_the_day(
    source: Source, intake: Intake
) -> None:
    for number, at in enumerate(BORDERS.values()):
        source.add("posts", f"engaged {number}", user_id="author", created_at="2023-01-01")
        source.add("user_engagement", f"e{number}", post_id=f"engaged {number}", created_at=at)

    assert intake.names("post_states", D) == ["engaged 1", "engaged 2"]


@pytest.mark.parametrize("column", ["deleted_at", "soft_deleted_at"])
def test_a_post_whose_row_is_gone_is_in_the_day_of_its_deletion(
    source: Source, intake: Intake, column: str
) -> None:
    for number, at in enumerate(BORDERS.values()):
        source.add("posts", f"gone {number}", user_id="author", created_at="2023-01-01")
        source.execute("DELETE FROM posts WHERE id = %s", uuid_of(f"gone {number}"))
        source.execute(
            f"UPDATE pipeline.post_deletions SET {column} = %s WHERE post_id = %s",
            f"{at}+00",
            uuid_of(f"gone {number}"),
        )

    assert intake.names("post_states", D) == ["gone 1", "gone 2"]


def test_a_score_that_is_written_back_touches_no_post(source: Source, intake: Intake) -> None:
    source.execute("SET ROLE sociallive_writer")
    source.execute("UPDATE posts SET engagement_score = 5")
    source.execute("RESET ROLE")
    today = source.execute("SELECT (now() AT TIME ZONE 'UTC')::date::text")[0][0]

    assert intake.extract("post_states", today).is_empty()


# created, expires, active, last used -> alive at some moment of D.
SESSIONS = {
    "since long": ("2024-01-01", "2024-12-31", True, "2024-01-01", True),
    "of the day": (f"{D} 10:00", f"{D} 11:00", True, None, True),
    "last instant": (f"{D} 23:59:59.999999", "2024-12-31", True, None, True),
    "next instant": ("2024-03-01", "2024-12-31", True, None, False),
    "ended at start": ("2024-01-01", f"{D} 00:00", True, None, False),
    "ended after it": ("2024-01-01", f"{D} 00:00:00.000001", True, None, True),
    "revoked before": ("2024-01-01", "2024-12-31", False, "2024-02-28 23:59:59.999999", False),
    "revoked in it": ("2024-01-01", "2024-12-31", False, f"{D} 00:00", True),
    "revoked later": ("2024-01-01", "2024-12-31", False, "2024-03-05", True),
    "revoked unused": ("2024-01-01", "2024-12-31", False, None, False),
    "active unknown": ("2024-01-01", "2024-12-31", None, None, True),
    "new and revoked": (f"{D} 10:00", "2024-12-31", False, None, True),
    "first instant": (f"{D} 00:00", "2024-12-31", False, None, True),
}


def test_a_day_holds_the_sessions_that_were_alive_at_some_moment_of_it(
    source: Source, intake: Intake
) -> None:
    for name, (created, expires, active, used, _) in SESSIONS.items():
        source.add(
            "user_sessions",
            name,
            created_at=created,
            expires_at=expires,
            is_active=active,
            last_used_at=used,
        )

    alive = sorted(name for name, facts in SESSIONS.items() if facts[-1])
    assert intake.names("session_states", D) == alive


def test_a_session_that_never_expires_ends_with_the_calendar(
    source: Source, intake: Intake
) -> None:
    source.add("user_sessions", "for ever", expires_at="infinity", created_at=D)
    source.add("user_sessions", "nearly", expires_at="290000-01-01", created_at=D)

    ends = intake.extract("session_states", D)["expires_at"].to_list()

    assert ends == [moment("9999-12-31T00:00")] * 2


# created, reviewed -> open at some moment of D, or decided in it.
CASES = {
    "pending": ("2024-01-01", None, True),
    "of the day": (f"{D} 23:59:59.999999", None, True),
    "next instant": ("2024-03-01", None, False),
    "decided before": ("2024-01-01", "2024-02-28 23:59:59.999999", False),
    "decided at start": ("2024-01-01", f"{D} 00:00", True),
    "decided later": ("2024-01-01", "2024-06-01", True),
    "decided too soon": ("2024-03-05", f"{D} 12:00", True),
    "decided, undated": (None, f"{D} 12:00", True),
    "at once, undated": (None, f"{D} 00:00", True),
    "pending, undated": (None, None, False),
    "later, undated": (None, "2024-03-01", False),
}


def test_a_day_holds_the_cases_that_were_open_at_some_moment_of_it(
    source: Source, intake: Intake
) -> None:
    for name, (created, reviewed, _) in CASES.items():
        source.add("content_moderation", name, created_at=created, reviewed_at=reviewed)

    expected = sorted(name for name, facts in CASES.items() if facts[-1])
    assert intake.names("moderation_states", D) == expected


def test_a_post_without_a_moment_of_creation_is_in_no_day(source: Source, intake: Intake) -> None:
    source.add("posts", "timeless", created_at=None, updated_at=f"{D} 12:00")

    assert intake.extract("post_states", D).is_empty()
