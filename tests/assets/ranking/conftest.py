"""Small tables of states and scores, and rankings of them on each engine."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeAlias

import narwhals as nw
import polars as pl
import pytest

from assets.ranking.candidates import collect_candidates
from assets.ranking.popular_posts import rank_popular_posts
from assets.ranking.post_scores import score_posts
from assets.ranking.score_model import PRIOR, ScoreModel
from assets.resources.engine import DuckDBEngine
from schema.tables.columns import Contract, conform, polars_schema
from schema.tables.popular_posts import PopularPosts
from schema.tables.post_scores import PostScores
from schema.tables.post_states import PostStates
from schema.windows import DayRange
from tests.fixtures.engines import ENGINES, engine_of
from tests.fixtures.ranking_frames import TODAY, RankingFrames

Frame: TypeAlias = pl.DataFrame
LazyFrame: TypeAlias = nw.LazyFrame[Any]
AUTHOR = b"\xaa" * 16
STATES = {"date": pl.Date(), **polars_schema(PostStates)}
SCORES = polars_schema(PostScores)


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


@pytest.fixture(params=ENGINES)
def lazy(request: pytest.FixtureRequest) -> Iterator[Callable[[Frame], LazyFrame]]:
    """Frames in memory as frames of an engine; everything lazy runs on all."""
    engine = engine_of(request)
    yield engine.lazy
    if isinstance(engine, DuckDBEngine):
        engine.connection.close()


@pytest.fixture
def score(
    lazy: Callable[[Frame], LazyFrame],
) -> Callable[[RankingFrames, DayRange, ScoreModel], Frame]:
    """`score_posts` of candidates collected on an engine, with one model for all days."""

    def run(frames: RankingFrames, days: DayRange = TODAY, model: ScoreModel = PRIOR) -> Frame:
        candidates = collect_candidates(frames.on(lazy), days=days)
        return score_posts(candidates, dict.fromkeys(days, model))

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


def _collect(frame: LazyFrame, contract: type[Contract]) -> Frame:
    whole: Frame = frame.collect("polars").to_native()
    return conform(whole, contract)
