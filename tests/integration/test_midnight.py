from collections.abc import Iterator
from datetime import date

import polars as pl
import psycopg
import pytest
from psycopg import sql

from assets.resources.lake import Lake
from assets.resources.manifest import Manifest
from schema.windows import parse_day
from tests.fixtures.installation import Installation
from tests.fixtures.intake import Intake, Source, name_of
from tests.fixtures.midnight import ClockServer

D, NEXT = "2026-11-20", "2026-11-21"
BEFORE_MIDNIGHT = f"{D} 23:59:50"
AFTER_MIDNIGHT = f"{NEXT} 00:00:05"
LATER = f"{NEXT} 00:00:30"
EVENTS = "user_engagement"


@pytest.fixture
def database(clock_database: str) -> str:
    """All fixtures of these tests meet on the server that has a clock of its own."""
    return clock_database


@pytest.fixture
def source(source: Source) -> Source:
    """A platform on which somebody has seen a post at noon."""
    source.add("posts", "post", user_id="author", created_at=f"{D} 08:00")
    source.add(EVENTS, "noon", post_id="post", created_at=f"{D} 12:00")
    return source


@pytest.fixture
def young(installation: Installation, source: Source) -> Installation:
    """An installation that began the day before: its runs are short."""
    return installation.since(date(2026, 11, 19))


@pytest.fixture
def prepared_transactions(source: Source) -> Iterator[None]:
    """Those that a failed test leaves would keep its database from being dropped."""
    yield
    left = "SELECT gid FROM pg_prepared_xacts WHERE database = current_database()"
    for (name,) in source.execute(left):
        source.connection.execute(sql.SQL("ROLLBACK PREPARED {}").format(sql.Literal(name)))


def in_lake(lake: Lake, day: str = D) -> list[str]:
    """Names of the events that are published for the day."""
    ids = pl.read_parquet(lake.files(EVENTS, [parse_day(day)]))["id"]
    return sorted(map(name_of, ids))


def finality(manifests: list[Manifest]) -> set[bool]:
    return {manifest.extraction.is_final for manifest in manifests if manifest.extraction}


def numbers_of_the_day(installation: Installation) -> tuple[object, object]:
    """Its finality and its views, as the platform reads them."""
    final = installation.metric("day_final", D, f'{{"table": "{EVENTS}"}}')
    return final, installation.metric("engagement_events", D, '{"type": "VIEW"}')


def assert_equal_to_sql(installation: Installation) -> None:
    assert installation.user_analytics() == installation.expected("user_analytics", D, D)
    assert installation.system_metrics() == installation.expected("system_metrics", D, D)


@pytest.mark.fault
def test_a_row_committed_after_midnight_reaches_its_day_and_makes_it_final(
    young: Installation, clock_server: ClockServer, other_session: psycopg.Connection
) -> None:
    clock_server.set_clock(BEFORE_MIDNIGHT)
    Source(other_session).add(EVENTS, "late")
    clock_server.set_clock(AFTER_MIDNIGHT)

    young.run(D)
    assert numbers_of_the_day(young) == (0, 1)
    assert in_lake(young.lake) == ["noon"]

    other_session.commit()
    young.run(D)
    assert numbers_of_the_day(young) == (1, 2)
    assert in_lake(young.lake) == ["late", "noon"]
    assert_equal_to_sql(young)


@pytest.mark.fault
def test_a_transaction_that_writes_its_first_row_after_its_day_was_read_keeps_it_provisional(
    source: Source, intake: Intake, clock_server: ClockServer, other_session: psycopg.Connection
) -> None:
    clock_server.set_clock(BEFORE_MIDNIGHT)
    other_session.execute("SELECT")
    clock_server.set_clock(AFTER_MIDNIGHT)

    assert finality(intake.ingest(D)) == {False}

    Source(other_session).add(EVENTS, "late")
    other_session.commit()
    assert finality(intake.ingest(D)) == {True}
    assert in_lake(intake.lake) == ["late", "noon"]


@pytest.mark.fault
@pytest.mark.usefixtures("prepared_transactions")
def test_a_prepared_transaction_keeps_its_day_provisional_although_its_session_is_gone(
    source: Source, intake: Intake, clock_server: ClockServer, database: str
) -> None:
    clock_server.set_clock(BEFORE_MIDNIGHT)
    with psycopg.connect(database, options="-c TimeZone=UTC") as session:
        Source(session).add(EVENTS, "late")
        session.execute("PREPARE TRANSACTION 'late'")
    clock_server.set_clock(AFTER_MIDNIGHT)

    assert finality(intake.ingest(D)) == {False}
    assert in_lake(intake.lake) == ["noon"]

    source.execute("COMMIT PREPARED 'late'")
    assert finality(intake.ingest(D)) == {True}
    assert in_lake(intake.lake) == ["late", "noon"]


@pytest.mark.fault
@pytest.mark.usefixtures("prepared_transactions")
def test_a_transaction_prepared_after_midnight_keeps_the_day_before_it_provisional(
    source: Source, intake: Intake, clock_server: ClockServer, database: str
) -> None:
    clock_server.set_clock(BEFORE_MIDNIGHT)
    with psycopg.connect(database, options="-c TimeZone=UTC") as session:
        Source(session).add(EVENTS, "late")
        clock_server.set_clock(AFTER_MIDNIGHT)
        session.execute("PREPARE TRANSACTION 'late'")
    clock_server.set_clock(f"{NEXT} 02:00:00")

    assert finality(intake.ingest(D)) == {False}

    source.execute("COMMIT PREPARED 'late'")
    assert finality(intake.ingest(D)) == {True}
    assert in_lake(intake.lake) == ["late", "noon"]


def test_a_row_that_is_rolled_back_after_midnight_leaves_nothing_behind(
    source: Source, intake: Intake, clock_server: ClockServer, other_session: psycopg.Connection
) -> None:
    clock_server.set_clock(BEFORE_MIDNIGHT)
    Source(other_session).add(EVENTS, "late")
    clock_server.set_clock(AFTER_MIDNIGHT)
    intake.ingest(D)

    other_session.rollback()

    assert finality(intake.ingest(D)) == {True}
    assert in_lake(intake.lake) == ["noon"]


def test_a_transaction_that_began_after_midnight_belongs_to_the_next_day_only(
    source: Source, intake: Intake, clock_server: ClockServer, other_session: psycopg.Connection
) -> None:
    clock_server.set_clock(AFTER_MIDNIGHT)
    Source(other_session).add(EVENTS, "early")

    assert finality(intake.ingest(D)) == {True}

    other_session.commit()
    clock_server.set_clock("2026-11-22 00:00:05")
    assert finality(intake.ingest(D, NEXT)) == {True}
    assert (in_lake(intake.lake), in_lake(intake.lake, NEXT)) == (["noon"], ["early"])


@pytest.mark.fault
def test_a_clock_that_jumps_back_over_midnight_leaves_the_day_right(
    young: Installation, source: Source, clock_server: ClockServer
) -> None:
    clock_server.set_clock(LATER)
    young.run(D)
    assert numbers_of_the_day(young) == (1, 1)

    clock_server.set_clock(f"{D} 23:50:00")
    source.add(EVENTS, "again")
    young.run(D)
    assert numbers_of_the_day(young) == (0, 2)

    clock_server.set_clock(LATER)
    young.run(D)
    assert numbers_of_the_day(young) == (1, 2)
    assert in_lake(young.lake) == ["again", "noon"]
    assert_equal_to_sql(young)


def test_a_day_that_was_final_is_provisional_again_while_a_repeated_minute_is_open(
    source: Source, intake: Intake, clock_server: ClockServer, other_session: psycopg.Connection
) -> None:
    clock_server.set_clock(LATER)
    intake.ingest(D)
    clock_server.set_clock(BEFORE_MIDNIGHT)
    Source(other_session).add(EVENTS, "late")
    clock_server.set_clock(AFTER_MIDNIGHT)

    assert finality(intake.ingest(D)) == {False}

    other_session.commit()
    assert finality(intake.ingest(D)) == {True}
    assert in_lake(intake.lake) == ["late", "noon"]


def test_the_next_daily_run_brings_a_row_that_was_committed_after_midnight(
    young: Installation, clock_server: ClockServer, other_session: psycopg.Connection
) -> None:
    clock_server.set_clock(BEFORE_MIDNIGHT)
    Source(other_session).add(EVENTS, "late")
    clock_server.set_clock(AFTER_MIDNIGHT)
    young.run(D)
    provisional = numbers_of_the_day(young)
    other_session.commit()
    clock_server.set_clock("2026-11-22 00:00:05")

    young.run(NEXT)

    assert (provisional, numbers_of_the_day(young)) == ((0, 1), (1, 2))
    assert young.rows(
        "SELECT old_value, new_value, reasons, was_final FROM pipeline.restatements "
        "WHERE metric_name = 'engagement_events' AND date = %s",
        [D],
    ) == [(1, 2, ["late"], False)]
    assert in_lake(young.lake) == ["late", "noon"]
    assert young.user_analytics() == young.expected("user_analytics", D, NEXT)
    assert young.system_metrics() == young.expected("system_metrics", D, NEXT)
