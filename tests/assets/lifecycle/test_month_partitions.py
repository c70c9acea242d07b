from datetime import date, datetime
from itertools import count

import psycopg
import pytest

from assets.lifecycle.month_partitions import HeadRoom, make_months, months_later, read_head_room
from assets.resources.postgres import Postgres
from schema.errors import DatabaseUnavailableError
from schema.lock_retries import LockRetries
from tests.fixtures.aged_engagement import Aged
from tests.fixtures.noted_days import noted_sums
from tests.fixtures.platform_rows import engage, unmatched_keys

# Far ahead: no migration of these years makes its months.
TODAY = date(2064, 12, 31)
TO_COME = ["2064_12", *(f"2065_0{month}" for month in range(1, 7))]
IMPATIENT = LockRetries(patiences_ms=(10, 20), sleep=lambda _: None)


def names(months: list[str]) -> list[str]:
    return [f"user_engagement_{month}" for month in months]


def test_this_month_and_six_to_come_are_made_once(aged: Aged, postgres: Postgres) -> None:
    assert make_months(postgres, TODAY) == names(TO_COME)
    assert make_months(postgres, TODAY) == []
    assert read_head_room(postgres, TODAY) == HeadRoom(6, 0, 0)


def test_rows_that_came_without_a_month_get_theirs(aged: Aged, postgres: Postgres) -> None:
    for moment in ("1999-12-31", "2066-06-15", "2064-12-05", "1970-01-01"):
        aged.add(moment)
    before = aged.everything()

    made = make_months(postgres, TODAY)

    assert made == names(["1970_01", "1999_12", *TO_COME, "2066_06"])
    assert "user_engagement_default" not in aged.live()
    assert aged.everything() == before
    assert aged.flaws() == []


BY_HAND = """
CREATE TABLE user_engagement_1999_12 PARTITION OF user_engagement
FOR VALUES FROM ('1999-12-01') TO ('2000-01-01');
CREATE TABLE archived_by_hand PARTITION OF user_engagement_archive
FOR VALUES FROM ('1998-01-01') TO ('1999-01-01');
"""


def test_a_partition_made_by_hand_is_completed_so_that_its_truncation_is_noticed(
    aged: Aged, postgres: Postgres
) -> None:
    aged.connection.execute(BY_HAND)
    fan, post = aged.people.fan, aged.people.post
    engage(aged.connection, fan, post, datetime(1999, 12, 31))
    engage(aged.connection, fan, post, datetime(1998, 6, 1), kind="SAVE", table="archived_by_hand")

    make_months(postgres, TODAY)
    aged.connection.execute("TRUNCATE user_engagement_1999_12, archived_by_hand")

    assert unmatched_keys(aged.connection) == []
    assert noted_sums(aged.connection) == {}


def test_rows_out_of_every_range_stay_and_are_counted_as_such(
    aged: Aged, postgres: Postgres
) -> None:
    for moment in ("1969-12-31", "2067-01-01", "infinity", "-infinity"):
        aged.add(moment)
    aged.add("2066-12-31")

    assert read_head_room(postgres, TODAY) == HeadRoom(0, 1, 4)
    assert make_months(postgres, TODAY) == names([*TO_COME, "2066_12"])
    assert read_head_room(postgres, TODAY) == HeadRoom(6, 0, 4)


def test_months_behind_a_gap_do_not_count_as_ahead(aged: Aged, postgres: Postgres) -> None:
    make_months(postgres, TODAY)
    aged.connection.execute("DROP TABLE user_engagement_2065_03")

    assert read_head_room(postgres, TODAY).months_ahead == 2


@pytest.mark.fault
def test_who_holds_the_tables_makes_it_give_up_with_nothing_half_done(
    aged: Aged, postgres: Postgres, other_session: psycopg.Connection
) -> None:
    aged.add("1999-12-31")
    other_session.execute("LOCK posts IN ROW EXCLUSIVE MODE")

    with pytest.raises(DatabaseUnavailableError, match="could not make the partition of 1999-12"):
        make_months(postgres, TODAY, retries=IMPATIENT)

    assert "user_engagement_1999_12" not in aged.bounds("user_engagement")
    assert aged.live() == {"user_engagement_default": 1}


def test_it_waits_in_rests_and_goes_on_when_the_tables_are_free(
    aged: Aged, postgres: Postgres, other_session: psycopg.Connection
) -> None:
    other_session.execute("LOCK posts IN ROW EXCLUSIVE MODE")
    rests = count(1)

    def rest(_seconds: float) -> None:
        if next(rests) == 2:
            other_session.commit()

    patient = LockRetries(patiences_ms=(10, 10, 10, 10), sleep=rest)

    assert make_months(postgres, TODAY, retries=patient) == names(TO_COME)
    assert next(rests) == 3


def test_a_writer_that_keeps_its_transaction_open_stops_no_month(
    aged: Aged, postgres: Postgres, other_session: psycopg.Connection
) -> None:
    engage(other_session, aged.people.fan, aged.people.post, datetime(2024, 1, 15))

    assert make_months(postgres, TODAY, retries=IMPATIENT) == names(TO_COME)


def test_the_month_after_december_is_january() -> None:
    assert months_later(date(2026, 12, 31), 1) == date(2027, 1, 1)
    assert months_later(date(2026, 1, 31), 0) == date(2026, 1, 1)
    assert months_later(date(2026, 11, 30), 25) == date(2028, 12, 1)
