from datetime import datetime
from uuid import uuid4

import psycopg
import pytest

from tests.fixtures.platform_rows import People, engage, rows, scalar, unmatched_keys

JANUARY = datetime(2024, 1, 15)
RECORD = "SELECT record_engagement(%(who)s, %(post)s, 'LIKE')"


def test_record_engagement_gives_the_new_id_once_and_null_ever_after(
    trial: psycopg.Connection, people: People
) -> None:
    new, again = (scalar(trial, RECORD, who=people.fan, post=people.post) for _ in range(2))

    assert again is None
    assert rows(trial, "SELECT id, value, metadata FROM user_engagement") == [(new, 1, None)]
    assert unmatched_keys(trial) == []


def test_record_engagement_takes_value_and_metadata(
    trial: psycopg.Connection, people: People
) -> None:
    trial.execute(
        "SELECT record_engagement(%s, %s, 'SHARE', 2.5, '{\"source\": \"profile\"}')",
        [people.fan, people.post],
    )

    assert rows(
        trial, "SELECT engagement_type, value, metadata->>'source' FROM user_engagement"
    ) == [("SHARE", 2.5, "profile")]


def test_record_engagement_dates_in_utc_for_a_session_of_another_time_zone(
    trial: psycopg.Connection, people: People
) -> None:
    trial.execute("SET LOCAL TimeZone = 'Asia/Tokyo'")

    trial.execute(RECORD, {"who": people.fan, "post": people.post})

    assert rows(trial, "SELECT created_at = now() AT TIME ZONE 'UTC' FROM user_engagement") == [
        (True,)
    ]


def test_record_engagement_sees_rows_written_the_plain_way_and_the_other_way_round(
    trial: psycopg.Connection, people: People
) -> None:
    engage(trial, people.fan, people.post, JANUARY)

    assert scalar(trial, RECORD, who=people.fan, post=people.post) is None

    assert scalar(trial, RECORD, who=people.author, post=people.post)
    with pytest.raises(psycopg.errors.UniqueViolation):
        engage(trial, people.author, people.post, JANUARY)


def test_record_engagement_with_an_unknown_post_leaves_nothing(
    trial: psycopg.Connection, people: People
) -> None:
    with pytest.raises(psycopg.errors.ForeignKeyViolation), trial.transaction():
        trial.execute(RECORD, {"who": people.fan, "post": uuid4()})

    assert scalar(trial, "SELECT count(*) FROM user_engagement_keys") == 0


def test_record_engagement_does_not_leave_the_door_open_for_duplicates(
    trial: psycopg.Connection, people: People
) -> None:
    trial.execute(RECORD, {"who": people.fan, "post": people.post})

    with pytest.raises(psycopg.errors.UniqueViolation):
        engage(trial, people.fan, people.post, JANUARY)
