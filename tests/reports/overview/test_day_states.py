from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from reports.overview.day_states import judge_days
from reports.overview.facts import BOOKINGS, METRICS, DayState
from schema.windows import DayRange
from tests.fixtures.overview_facts import Row, frame_of, metric

FIRST = date(2024, 3, 1)
THREE_DAYS = DayRange(FIRST, FIRST + timedelta(days=2))


def on(day: int) -> date:
    return FIRST + timedelta(days=day)


def booked(day: int, table: str, *, final: bool | None = True, after: int = 30) -> Row:
    """A partition that was published so many hours after the start of its day."""
    moment = datetime(2024, 3, 1, tzinfo=UTC) + timedelta(days=day, hours=after)
    return (on(day), table, final, moment)


def states_of(*bookings: Row, metrics: tuple[Row, ...] = ()) -> list[Row]:
    judged = judge_days(frame_of(BOOKINGS, bookings), frame_of(METRICS, metrics), THREE_DAYS)
    return judged.rows()


def test_a_day_is_final_when_each_of_its_tables_is() -> None:
    rows = states_of(
        booked(0, "system_metrics"),
        booked(0, "users"),
        booked(1, "system_metrics"),
        booked(1, "users", final=False),
        booked(2, "system_metrics", final=None),
        booked(2, "users"),
    )

    assert [row[1] for row in rows] == [
        DayState.FINAL.value,
        DayState.PROVISIONAL.value,
        DayState.FINAL.value,
    ]


def test_a_day_without_numbers_is_missing_although_its_sources_were_read() -> None:
    rows = states_of(booked(0, "system_metrics"), booked(1, "users"))

    assert [row[1] for row in rows] == ["final", "missing", "missing"]
    assert [row[2] for row in rows] == [1, 1, 0]


def test_a_day_that_was_read_before_it_ended_says_so_first() -> None:
    rows = states_of(
        booked(0, "system_metrics", final=False, after=23),
        booked(0, "user_engagement", final=False, after=23),
    )

    assert rows[0][1] == DayState.NOT_OVER.value


def test_a_day_that_was_read_again_after_its_end_is_whole_whatever_was_published_once() -> None:
    rows = states_of(
        booked(0, "system_metrics"),
        booked(0, "user_engagement"),
        booked(0, "engagement_models", after=20),
    )

    assert rows[0][1] == DayState.FINAL.value


def test_a_day_with_numbers_names_the_tables_that_others_have() -> None:
    rows = states_of(
        booked(0, "system_metrics"),
        booked(0, "post_scores"),
        booked(0, "popular_posts"),
        booked(1, "system_metrics"),
        booked(2, "users"),
    )

    assert [row[3] for row in rows] == [None, "popular_posts, post_scores", None]


def test_rows_add_up_and_the_lag_is_that_of_the_last_table() -> None:
    tags = ['{"table": "users"}', '{"table": "posts"}']
    rows = states_of(
        booked(0, "system_metrics"),
        metrics=(
            metric("ingest_rows", on(0), 3, tags[0]),
            metric("ingest_rows", on(0), 4, tags[1]),
            metric("ingest_lag_seconds", on(0), "1.5", tags[0]),
            metric("ingest_lag_seconds", on(0), "7.25", tags[1]),
            metric("new_users", on(0), 9),
        ),
    )

    assert [row[4:] for row in rows] == [(7, Decimal("7.2500")), (None, None), (None, None)]
