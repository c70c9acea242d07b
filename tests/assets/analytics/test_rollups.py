from dataclasses import replace
from datetime import date, timedelta
from itertools import chain
from pathlib import Path

import polars as pl
import pytest

from assets.analytics import rollups as module
from assets.analytics.rollups import ORDERS, ROLLUPS, SOURCES_OF_ROLLUPS, Rollups
from assets.partitions import HISTORY_DAYS, SOURCE_HISTORY_DAYS
from assets.resources.lake import Lake
from assets.resources.ledger import PartitionLedger
from assets.resources.lineage import Lineage
from assets.resources.published import Published
from assets.resources.publishing import Publisher
from schema.errors import MissingPartitionError
from schema.tables.columns import Contract, grain_of
from schema.tables.comments import Comments
from schema.tables.follows import Follows
from schema.tables.posts import Posts
from schema.tables.user_engagement import UserEngagement
from schema.tables.users import Users
from schema.windows import DayRange
from tests.fixtures.bursts import accounts, crowd
from tests.fixtures.engines import ENGINES, engine_of
from tests.fixtures.intake import put
from tests.fixtures.small_tables import Rows, day, event, made, table, uid

DAYS = DayRange(date(2024, 2, 28), date(2024, 3, 1))
BOTS = accounts("bot", 30)
SOURCES: dict[str, type[Contract]] = {
    "user_engagement": UserEngagement,
    "posts": Posts,
    "comments": Comments,
    "follows": Follows,
    "users": Users,
}


@pytest.fixture
def filled(lake: Lake) -> Lake:
    """Three days: one with an event and a comment, one empty, one with two events of a fan."""
    rows: dict[tuple[str, date], Rows] = {
        ("user_engagement", DAYS.first): [event("fan", "LIKE", author="author")],
        ("comments", DAYS.first): [made("c", DAYS.start, by="fan")],
        ("user_engagement", DAYS.last): [
            event("fan", "VIEW", author="author"),
            event("fan", "LIKE", author="author"),
            event("author", "VIEW", author="author"),
        ],
    }
    for name, contract in SOURCES.items():
        for each in DAYS:
            put(lake, name, each, table(contract, rows.get((name, each), [])).drop("date"))
    return lake


@pytest.fixture(params=ENGINES)
def rollups(request: pytest.FixtureRequest, filled: Lake, ledger: PartitionLedger) -> Rollups:
    lineage = Lineage(filled, SOURCES_OF_ROLLUPS, DAYS.first)
    published = Published(filled, engine_of(request))
    return Rollups(published, Publisher(filled, ledger), lineage, run_id="a run")


def content(lake: Lake) -> dict[tuple[str, str], list[tuple[object, ...]]]:
    return {
        (name, str(each)): [row for path in lake.files(name, [each]) for row in read(path).rows()]
        for name in ROLLUPS
        for each in DAYS
    }


def read(path: Path) -> pl.DataFrame:
    return pl.read_parquet(path, hive_partitioning=False)


def test_every_day_of_every_table_is_published(rollups: Rollups) -> None:
    manifests = list(chain.from_iterable(rollups.publish(DAYS)))

    assert {(m.table, m.day) for m in manifests} == {
        (name, each) for name in ROLLUPS for each in DAYS
    }
    rows = content(rollups.publisher.lake)
    assert rows["user_activity", "2024-02-28"] == [(uid("fan"), 1, 0, 1, 0)]
    assert rows["user_activity", "2024-02-29"] == []
    assert rows["user_activity", "2024-03-01"] == [
        (uid("author"), 1, 0, 0, 0),
        (uid("fan"), 2, 0, 0, 0),
    ]
    assert rows["post_engagement_daily", "2024-03-01"] == [
        (uid("p"), "LIKE", uid("author"), 1, 1, 100),
        (uid("p"), "VIEW", uid("author"), 2, 1, 100),
    ]


def test_day_by_day_equals_the_range_at_once(
    rollups: Rollups, monkeypatch: pytest.MonkeyPatch
) -> None:
    list(rollups.publish(DAYS))
    at_once = content(rollups.publisher.lake)
    monkeypatch.setattr(module, "CHUNK_DAYS", 1)

    list(rollups.publish(DAYS))

    assert content(rollups.publisher.lake) == at_once


def test_a_day_of_many_events_is_rolled_up_alone(
    rollups: Rollups, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_EVENTS", 2)

    published = [sorted({str(m.day) for m in manifests}) for manifests in rollups.publish(DAYS)]

    assert published == [["2024-02-28", "2024-02-29"], ["2024-03-01"]]


def test_rows_are_said_to_be_sorted_by_all_that_tells_them_apart() -> None:
    assert {name: set(order) for name, order in ORDERS.items()} == {
        name: set(grain_of(contract)) for name, contract in ROLLUPS.items()
    }


def test_accounts_of_the_six_days_before_are_fresh_alone_and_in_a_range(
    filled: Lake, rollups: Rollups, monkeypatch: pytest.MonkeyPatch
) -> None:
    rollups = replace(rollups, lineage=Lineage(filled, SOURCES_OF_ROLLUPS, date(2024, 1, 1)))
    attack = crowd("bot", 30, moment=DAYS.start + timedelta(hours=5.51))
    events = attack + crowd("old", 30, moment=DAYS.start + timedelta(hours=9.1), post="q")
    put(filled, "user_engagement", DAYS.first, table(UserEngagement, events).drop("date"))
    for before in range(6):
        offset = -1 - 6 + before
        put(filled, "users", day(offset), table(Users, BOTS if before == 0 else []).drop("date"))

    list(rollups.publish(DAYS))
    at_once = content(filled)
    monkeypatch.setattr(module, "CHUNK_DAYS", 1)
    list(rollups.publish(DAYS))

    assert content(filled) == at_once
    accounts_of_posts = at_once["post_audience_daily", "2024-02-28"]
    assert accounts_of_posts == [
        (uid("p"), uid("author"), 30, 30),
        (uid("q"), uid("author"), 30, 0),
    ]


def test_a_missing_day_of_accounts_publishes_nothing(filled: Lake, rollups: Rollups) -> None:
    rollups = replace(rollups, lineage=Lineage(filled, SOURCES_OF_ROLLUPS, date(2024, 1, 1)))

    with pytest.raises(MissingPartitionError, match="no users of 2024-02-22"):
        list(rollups.publish(DAYS))

    assert all(filled.missing_days(name, DAYS) == list(DAYS) for name in ROLLUPS)


def test_ingestion_brings_what_the_oldest_rollups_of_a_run_look_back_on() -> None:
    assert HISTORY_DAYS + max(SOURCES_OF_ROLLUPS.values()) == SOURCE_HISTORY_DAYS


def test_a_missing_source_day_publishes_nothing(rollups: Rollups) -> None:
    days = DayRange(DAYS.first, date(2024, 3, 2))

    with pytest.raises(MissingPartitionError, match="of 2024-03-02"):
        list(rollups.publish(days))

    lake = rollups.publisher.lake
    assert all(lake.missing_days(name, days) == list(days) for name in ROLLUPS)
