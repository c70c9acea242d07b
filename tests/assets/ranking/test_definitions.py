from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any, TypeAlias
from uuid import UUID

import dagster as dg
import polars as pl
import psycopg
import pytest

from assets.partitions import daily_partitions
from assets.ranking import definitions, ranked_days
from assets.ranking.definitions import ranking_asset, write_newest
from assets.ranking.model_days import TABLE, ModelDays
from assets.ranking.ranked_days import RankedDays
from assets.resources.engine import PolarsEngine
from assets.resources.lake import Lake
from assets.resources.ledger import PartitionLedger
from assets.resources.manifest import MANIFEST
from assets.resources.postgres import Postgres
from assets.resources.published import Published
from assets.resources.publishing import Output, Publisher
from schema.errors import DatabaseUnavailableError
from schema.windows import ONE_DAY, DayRange
from tests.fixtures.backtest_lake import publish_days
from tests.fixtures.ranked_platform import random_ranking_frames

DAYS = DayRange(date(2024, 2, 1), date(2024, 2, 3))
D = DAYS.last
SCORED = (
    "INSERT INTO pipeline.partition_ledger"
    " (table_name, partition_date, fence, run_id, state, load_id)"
    " VALUES ('post_scores', %s, 1, 'run', %s, %s)"
)
Run: TypeAlias = Callable[..., bool]


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """Rollups of the days, and the model of each."""
    lake = Lake(tmp_path)
    random_ranking_frames(5, DAYS, posts=5).publish(lake, DAYS)
    models = ModelDays(Published(lake, PolarsEngine()), DAYS.first)
    publish_days(lake, TABLE, models.decide(list(DAYS)), DAYS)
    return lake


@pytest.fixture
def rank(lake: Lake, database: str) -> Run:
    """Materialize the rankings of days as one range; whether that succeeded."""

    def run(first: date = DAYS.first, last: date = D) -> bool:
        postgres = Postgres(database)
        asset = ranking_asset(daily_partitions(DAYS.first), first_day=DAYS.first, lookback_days=7)
        done = dg.materialize(
            [asset],
            resources={
                "postgres": postgres,
                "published": Published(lake, PolarsEngine()),
                "publisher": Publisher(lake, PartitionLedger(postgres)),
            },
            tags={
                "dagster/asset_partition_range_start": first.isoformat(),
                "dagster/asset_partition_range_end": last.isoformat(),
            },
            raise_on_error=False,
        )
        return done.success

    return run


@pytest.fixture
def platform(connection: psycopg.Connection, lake: Lake) -> psycopg.Connection:
    """The posts that are scored, none of which has a score."""
    author = UUID(int=99)
    connection.autocommit = True
    connection.execute(
        "INSERT INTO users (id, email, username, password_hash) VALUES (%s, 'a@x', 'a', '-')",
        [author],
    )
    posts = pl.read_parquet(lake.files("post_states", DAYS))["id"].unique().to_list()
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO posts (id, user_id, content) VALUES (%s, %s, '-')",
            [(UUID(bytes=post), author) for post in posts],
        )
    return connection


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[date]:
    """Days whose scores were written; the days are ranked one at a time."""
    days: list[date] = []

    def write(*given: Any) -> str:
        days.append(given[1])
        return write_newest(*given)

    monkeypatch.setattr(ranked_days, "MOST_DAYS", 1)
    monkeypatch.setattr(definitions, "write_newest", write)
    return days


def test_a_range_writes_the_scores_of_its_last_day_once(
    rank: Run, platform: psycopg.Connection, lake: Lake, written: list[date]
) -> None:
    assert rank()

    assert written == [D]
    scores = pl.read_parquet(lake.files("post_scores", [D]))
    assert {
        (post.bytes, score)
        for post, score in platform.execute(
            "SELECT id, engagement_score FROM posts WHERE engagement_score > 0"
        )
    } == set(
        scores.filter(pl.col("engagement_score") > 0).select("post_id", "engagement_score").rows()
    )


@pytest.mark.usefixtures("platform")
def test_what_a_run_that_failed_halfway_did_not_write_the_next_one_does(
    rank: Run, written: list[date], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = RankedDays.rank

    def fail_on_last(work: RankedDays, days: DayRange) -> list[Output]:
        if days.last == D:
            raise DatabaseUnavailableError("gone")
        return whole(work, days)

    with monkeypatch.context() as patch:
        patch.setattr(RankedDays, "rank", fail_on_last)
        assert not rank()
    assert written == []

    assert rank()
    assert written == [D]


def test_a_day_is_ranked_again_once_the_day_before_has_a_model_of_its_own(
    rank: Run, lake: Lake
) -> None:
    decided = lake.partition_folder(TABLE, D - ONE_DAY) / MANIFEST
    decided.rename(decided.with_suffix(".late"))
    assert rank(D, D)
    alone = lake.manifest("popular_posts", D)
    decided.with_suffix(".late").rename(decided)

    assert rank(D - ONE_DAY, D - ONE_DAY)

    assert lake.manifest("popular_posts", D) != alone
    again = lake.manifest("popular_posts", D)
    assert rank(D - ONE_DAY, D - ONE_DAY)
    assert lake.manifest("popular_posts", D) == again


@pytest.mark.parametrize("state", ["published", "writing"])
def test_an_older_day_leaves_the_scores_of_the_newest_also_where_a_run_of_it_was_stopped(
    connection: psycopg.Connection, database: str, scores: Callable[..., pl.DataFrame], state: str
) -> None:
    connection.execute(SCORED, [D, state, "load"])
    connection.commit()

    assert write_newest(Postgres(database), D - ONE_DAY, scores()) == f"left at those of {D}"


def test_a_day_that_was_begun_and_never_published_keeps_nobody_from_writing(
    connection: psycopg.Connection, database: str, scores: Callable[..., pl.DataFrame]
) -> None:
    connection.execute(SCORED, [D, "writing", None])
    connection.commit()

    assert "written=0" in write_newest(Postgres(database), D - ONE_DAY, scores())
