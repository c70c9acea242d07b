"""Small tables of posts and engagement, and a random platform, on either engine."""

import random
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, TypeAlias

import narwhals as nw
import polars as pl
import pytest

from assets.ranking.popular_posts import rank_popular_posts
from assets.ranking.post_scores import score_posts
from assets.resources.engine import DuckDBEngine, open_engine
from schema.tables.columns import Contract, conform, polars_schema
from schema.tables.popular_posts import PopularPosts
from schema.tables.post_scores import PostScores
from schema.tables.post_states import PostStates
from schema.vocabulary import EngagementType, Visibility
from schema.windows import ONE_DAY, DayRange, start_of

Frame: TypeAlias = pl.DataFrame
LazyFrame: TypeAlias = nw.LazyFrame[Any]
AUTHOR = b"\xaa" * 16
STATES = {"date": pl.Date(), **polars_schema(PostStates)}
SCORES = polars_schema(PostScores)
ENGAGEMENT = {
    "date": pl.Date(),
    "post_id": pl.Binary(),
    "engagement_type": pl.String(),
    "author_id": pl.Binary(),
    "events": pl.Int64(),
    "audience_events": pl.Int64(),
    "audience_value": pl.Int64(),
}


@pytest.fixture
def post() -> Callable[[int], bytes]:
    """Id of the n-th post."""
    return lambda number: number.to_bytes(16, "big")


@pytest.fixture
def states() -> Callable[..., Frame]:
    """Rows of `post_states`: date, id, created_at; then visibility and deleted_at."""

    def build(*rows: tuple[Any, ...]) -> Frame:
        full = [(*row, *("PUBLIC", None)[len(row) - 3 :]) for row in rows]
        return pl.DataFrame(
            [(day, post, AUTHOR, seen, None, at, gone) for day, post, at, seen, gone in full],
            schema=STATES,
            orient="row",
        )

    return build


@pytest.fixture
def engagement() -> Callable[..., Frame]:
    """Rows of `post_engagement_daily`: date, post, type, value of the audience in hundredths."""

    def build(*rows: tuple[date, bytes, str, int]) -> Frame:
        full = [(day, post, kind, AUTHOR, 1, 1, value) for day, post, kind, value in rows]
        return pl.DataFrame(full, schema=ENGAGEMENT, orient="row")

    return build


@pytest.fixture
def scores() -> Callable[..., Frame]:
    """Rows of `post_scores`: date, post, score; then the idle score and the author."""

    def build(*rows: tuple[Any, ...]) -> Frame:
        given = [(*row, *(row[2], AUTHOR)[len(row) - 3 :]) for row in rows]
        full = [
            (day, post, author, score, score, idle, None, None, 0, "prior")
            for day, post, score, idle, author in given
        ]
        texts = dict.fromkeys(SCORES, pl.String()) | {
            name: dtype for name, dtype in SCORES.items() if not isinstance(dtype, pl.Decimal)
        }
        return pl.DataFrame(full, schema=texts, orient="row").cast(SCORES)  # type: ignore[arg-type]

    return build


@pytest.fixture(params=["polars", "duckdb"])
def lazy(request: pytest.FixtureRequest) -> Iterator[Callable[[Frame], LazyFrame]]:
    """Frames in memory as frames of an engine; everything lazy runs on both."""
    engine = open_engine(request.param)
    yield engine.lazy
    if isinstance(engine, DuckDBEngine):
        engine.connection.close()


@pytest.fixture
def score(lazy: Callable[[Frame], LazyFrame]) -> Callable[[Frame, Frame, DayRange], Frame]:
    """`score_posts` on an engine, collected."""

    def run(engagement: Frame, states: Frame, days: DayRange) -> Frame:
        return _collect(score_posts(lazy(engagement), lazy(states), days=days), PostScores)

    return run


@pytest.fixture
def rank(lazy: Callable[[Frame], LazyFrame]) -> Callable[[Frame, Frame, DayRange], Frame]:
    """`rank_popular_posts` on an engine, collected."""

    def run(scores: Frame, states: Frame, days: DayRange) -> Frame:
        return _collect(rank_popular_posts(lazy(scores), lazy(states), days=days), PopularPosts)

    return run


@pytest.fixture
def oracle() -> Iterator[Callable[..., Frame]]:
    """The same metric in DuckDB's SQL: `oracle(name, days, table=frame, ...)`."""
    connection = DuckDBEngine().connection
    folder = Path(__file__).parents[2] / "oracles"

    def run(name: str, days: DayRange, **tables: Frame) -> Frame:
        for table, frame in tables.items():
            connection.register(table, frame.to_arrow())
        statement = (folder / f"{name}.sql").read_text(encoding="utf-8")
        bounds = {"first": days.first, "last": days.last}
        answer: Frame = connection.sql(statement, params=bounds).pl()
        return answer

    yield run
    connection.close()


@pytest.fixture
def random_platform() -> Callable[[int, DayRange], tuple[Frame, Frame]]:
    """Engagement and states of some dozens of posts, every rule touched, from a seed."""
    return _random_platform


def _collect(frame: LazyFrame, contract: type[Contract]) -> Frame:
    whole: Frame = frame.collect("polars").to_native()
    return conform(whole, contract)


def _random_platform(seed: int, days: DayRange) -> tuple[Frame, Frame]:
    dice = random.Random(seed)
    engaged: list[tuple[Any, ...]] = []
    states: list[tuple[Any, ...]] = []
    for _ in range(60):
        post, author = dice.randbytes(16), dice.randbytes(16)
        created_at = _instant(dice, days)
        deleted_at = dice.choice([None, None, max(created_at, _instant(dice, days))])
        touched = {created_at.date()} | ({deleted_at.date()} if deleted_at else set())
        for day in dice.sample(list(days), dice.randrange(12)):
            kinds = dice.sample(list(EngagementType), dice.randint(1, 6))
            engaged += [(day, post, k, author, 3, 2, dice.randint(-300, 900)) for k in kinds]
            touched.add(day)
        for day in touched:
            kind = dice.choice([*Visibility, *["PUBLIC"] * 9])
            states.append((day, post, author, kind, None, created_at, deleted_at))
    dice.shuffle(engaged)
    dice.shuffle(states)
    return (
        pl.DataFrame(engaged, schema=ENGAGEMENT, orient="row"),
        pl.DataFrame(states, schema=STATES, orient="row"),
    )


def _instant(dice: random.Random, days: DayRange) -> datetime:
    """An instant of the range, often the first or last of a day."""
    midnight = start_of(dice.choice(list(days))).astimezone(UTC)
    whole_day = ONE_DAY - timedelta(microseconds=1)
    return midnight + dice.choice([timedelta(0), whole_day, ONE_DAY * dice.random() * 0.99])
