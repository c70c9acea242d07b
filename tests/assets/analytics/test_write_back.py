from datetime import date, datetime
from decimal import Decimal
from typing import Any

import polars as pl
import psycopg
import pytest

from assets.analytics.write_back import WriteBack, write_system_metrics, write_user_analytics
from assets.resources.postgres import Postgres, Role
from schema.tables.columns import polars_schema
from schema.tables.system_metrics import SystemMetrics
from schema.tables.user_analytics import UserAnalytics
from schema.windows import DayRange
from tests.fixtures.intake import Source, uuid_of
from tests.fixtures.small_tables import uid

D = date(2024, 2, 29)
NEXT = date(2024, 3, 1)
DAY = DayRange(D, D)
BOTH = DayRange(D, NEXT)


def numbers(*rows: tuple[date, str, int]) -> pl.DataFrame:
    """Rows of `user_analytics` that say only how many VIEWs there were."""
    facts = [(day, uid(name), 0, views, 0, 0, 0, 0, 0, 0) for day, name, views in rows]
    return pl.DataFrame(facts, schema=polars_schema(UserAnalytics), orient="row")


def metrics(*rows: tuple[date, str, str, str]) -> pl.DataFrame:
    facts = [(day, name, tags, Decimal(value)) for day, name, tags, value in rows]
    return pl.DataFrame(facts, schema=polars_schema(SystemMetrics), orient="row")


def write_numbers(postgres: Postgres, rows: pl.DataFrame, days: DayRange = DAY) -> WriteBack:
    with postgres.session(Role.WRITER) as session:
        return write_user_analytics(session, rows, days, "a run")


def write_metrics(postgres: Postgres, rows: pl.DataFrame, days: DayRange = DAY) -> WriteBack:
    with postgres.session(Role.WRITER) as session:
        return write_system_metrics(session, rows, days, "a run")


def stored_numbers(source: Source) -> list[tuple[Any, ...]]:
    return source.execute(
        "SELECT date, user_id, post_impressions FROM user_analytics ORDER BY 1, 2"
    )


def stored_metrics(source: Source) -> list[tuple[Any, ...]]:
    return source.execute(
        "SELECT timestamp, metric_name, tags::text, metric_value FROM system_metrics "
        "ORDER BY 1, 2, 3, 4"
    )


def versions(source: Source, table: str) -> dict[str, str]:
    """Transactions that wrote the rows as they are now."""
    return {str(i): str(x) for i, x in source.execute(f"SELECT id, xmin::text FROM {table}")}


@pytest.fixture
def users(source: Source) -> Source:
    for name in ("a", "b", "c"):
        source.add("users", name)
    return source


def test_rows_of_the_days_become_exactly_the_given_ones(users: Source, postgres: Postgres) -> None:
    write_numbers(postgres, numbers((D, "a", 1), (D, "b", 2), (NEXT, "a", 3)), BOTH)

    outcome = write_numbers(postgres, numbers((D, "b", 5), (D, "c", 6)))

    assert stored_numbers(users) == [
        (D, uuid_of("b"), 5),
        (D, uuid_of("c"), 6),
        (NEXT, uuid_of("a"), 3),
    ]
    assert outcome == WriteBack(staged=2, written=2, removed=1, set_aside=0)


def test_every_number_lands_in_its_column(users: Source, postgres: Postgres) -> None:
    facts = [(D, uid("a"), 1, 20, 30, 4, 5, 6, 7, 8)]
    rows = pl.DataFrame(facts, schema=polars_schema(UserAnalytics), orient="row")

    write_numbers(postgres, rows)
    write_numbers(postgres, rows.with_columns(pl.lit(9, pl.Int64).alias("followers_lost")))

    assert users.execute(
        "SELECT profile_views, post_impressions, post_engagements, followers_gained, "
        "followers_lost, total_likes, total_comments, total_shares FROM user_analytics"
    ) == [(1, 20, 30, 4, 9, 6, 7, 8)]


def test_the_same_rows_again_touch_nothing(users: Source, postgres: Postgres) -> None:
    rows = numbers((D, "a", 1), (D, "b", 2))
    write_numbers(postgres, rows)
    before = versions(users, "user_analytics")

    outcome = write_numbers(postgres, rows)

    assert outcome == WriteBack(staged=2, written=0, removed=0, set_aside=0)
    assert versions(users, "user_analytics") == before


def test_only_changed_rows_are_written_and_keep_their_id(users: Source, postgres: Postgres) -> None:
    write_numbers(postgres, numbers((D, "a", 1), (D, "b", 2)))
    before = versions(users, "user_analytics")

    outcome = write_numbers(postgres, numbers((D, "a", 1), (D, "b", 3)))

    after = versions(users, "user_analytics")
    assert outcome.written == 1
    assert after.keys() == before.keys()
    assert len(after.items() - before.items()) == 1


def test_no_rows_empty_the_days_and_no_others(users: Source, postgres: Postgres) -> None:
    write_numbers(postgres, numbers((D, "a", 1), (NEXT, "a", 3)), BOTH)

    assert write_numbers(postgres, numbers()) == WriteBack(0, 0, removed=1, set_aside=0)
    assert stored_numbers(users) == [(NEXT, uuid_of("a"), 3)]


def test_rows_of_users_deleted_since_are_set_aside_and_counted(
    users: Source, postgres: Postgres
) -> None:
    write_numbers(postgres, numbers((D, "a", 1), (D, "b", 2)))
    users.execute("DELETE FROM users WHERE id = %s", uuid_of("a"))

    outcome = write_numbers(postgres, numbers((D, "a", 1), (D, "b", 2), (D, "c", 3)))

    assert outcome == WriteBack(staged=3, written=1, removed=0, set_aside=1)
    assert stored_numbers(users) == [(D, uuid_of("b"), 2), (D, uuid_of("c"), 3)]


def test_a_day_is_written_beside_the_day_before(users: Source, postgres: Postgres) -> None:
    write_numbers(postgres, numbers((D, "a", 1)))
    write_numbers(postgres, numbers((NEXT, "a", 2)), DayRange(NEXT, NEXT))

    assert stored_numbers(users) == [(D, uuid_of("a"), 1), (NEXT, uuid_of("a"), 2)]


def test_metrics_of_the_day_become_exactly_the_given_ones(
    source: Source, postgres: Postgres
) -> None:
    write_metrics(
        postgres,
        metrics(
            (D, "new_users", "{}", "1"),
            (D, "stickiness", "{}", "0.5"),
            (D, "engagement_events", '{"type": "VIEW"}', "7"),
            (NEXT, "new_users", "{}", "2"),
        ),
        BOTH,
    )

    outcome = write_metrics(
        postgres,
        metrics(
            (D, "new_users", "{}", "3"),
            (D, "engagement_events", '{"type": "VIEW"}', "7"),
            (D, "engagement_events", '{"type": "LIKE"}', "0"),
        ),
    )

    midnight = datetime(2024, 2, 29)
    assert stored_metrics(source) == [
        (midnight, "engagement_events", '{"type": "LIKE"}', Decimal(0)),
        (midnight, "engagement_events", '{"type": "VIEW"}', Decimal(7)),
        (midnight, "new_users", "{}", Decimal(3)),
        (datetime(2024, 3, 1), "new_users", "{}", Decimal(2)),
    ]
    assert outcome == WriteBack(staged=3, written=2, removed=1, set_aside=0)


def test_the_same_metrics_again_touch_nothing(source: Source, postgres: Postgres) -> None:
    rows = metrics((D, "new_users", "{}", "1"), (D, "media_uploads", '{"status": "FAILED"}', "2"))
    write_metrics(postgres, rows)
    before = versions(source, "system_metrics")

    assert write_metrics(postgres, rows) == WriteBack(2, 0, 0, 0)
    assert versions(source, "system_metrics") == before


def test_metrics_of_other_writers_stay_as_they_are(source: Source, postgres: Postgres) -> None:
    source.execute(
        "INSERT INTO system_metrics (metric_name, metric_value, tags, timestamp) VALUES "
        "('cpu_load', 1, NULL, '2024-02-29'), ('cpu_load', 2, '{}', '2024-02-29 12:00')"
    )
    before = versions(source, "system_metrics")

    write_metrics(postgres, metrics((D, "new_users", "{}", "1")))
    write_metrics(postgres, metrics())

    assert versions(source, "system_metrics") == before


def test_what_somebody_else_wrote_under_our_names_is_replaced(
    source: Source, postgres: Postgres
) -> None:
    source.execute(
        "INSERT INTO system_metrics (metric_name, metric_value, tags, timestamp) VALUES "
        "('new_users', 8, NULL, '2024-02-29'), ('new_users', 9, '{}', '2024-02-29 23:59:59.999999')"
    )

    outcome = write_metrics(postgres, metrics((D, "new_users", "{}", "1")))

    assert outcome == WriteBack(staged=1, written=1, removed=2, set_aside=0)
    assert stored_metrics(source) == [(datetime(2024, 2, 29), "new_users", "{}", Decimal(1))]


def test_a_failed_write_back_leaves_the_day_as_it_was(users: Source, postgres: Postgres) -> None:
    write_numbers(postgres, numbers((D, "a", 1)))
    too_large = numbers((D, "a", 2), (D, "b", 2**31))

    with pytest.raises(psycopg.DataError):
        write_numbers(postgres, too_large)

    assert stored_numbers(users) == [(D, uuid_of("a"), 1)]


def test_a_second_writer_of_the_same_rows_waits_for_the_first(
    users: Source, postgres: Postgres
) -> None:
    rows = numbers((D, "a", 1), (D, "b", 2), (D, "c", 3))
    with postgres.session(Role.WRITER) as first:
        write_user_analytics(first, rows, DAY, "first")
        with postgres.session(Role.WRITER) as second:
            second.execute("SET LOCAL lock_timeout = '50ms'")
            with pytest.raises(psycopg.errors.LockNotAvailable), second.transaction():
                write_user_analytics(second, rows.reverse(), DAY, "second")

    assert write_numbers(postgres, rows.reverse()) == WriteBack(3, 0, 0, 0)
