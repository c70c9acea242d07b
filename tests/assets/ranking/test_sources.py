"""The columns that rankings are said to be made of, against those that they cannot do without."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import narwhals as nw
import polars as pl
import pytest

from assets.ranking import candidates, highlighted_posts, model_days, popular_posts, post_scores
from assets.ranking.candidates import RankingTables, collect_candidates
from assets.ranking.model_days import INPUTS
from assets.ranking.ranked_days import RANKINGS, SOURCES_OF_COLUMNS
from assets.ranking.score_model import PRIOR
from assets.resources.engine import run
from schema.tables.columns import Contract, polars_schema
from schema.tables.engagement_models import EngagementModels
from schema.tables.post_scores import PostScores
from schema.tables.post_states import PostStates
from schema.windows import DayRange
from tests.fixtures.engines import on_polars
from tests.fixtures.influence import Frames, as_sets, influences
from tests.fixtures.random_ranking import random_ranking
from tests.fixtures.ranking_frames import D

DAYS = DayRange(D, D + timedelta(days=1))
# Read with every state of a post, and of no use here.
BY_THE_WAY = {"post_states.media_type", "post_states.user_id", "post_states.visibility"}
Rank = Callable[..., nw.LazyFrame[Any]]


def needed(function: Callable[[Frames], object], frames: Frames) -> set[str]:
    """Columns without which it fails while it runs."""
    read = set()
    for table, frame in frames.items():
        for column in set(frame.columns) - {"date"}:
            try:
                function({**frames, table: frame.drop(column)})
            except (pl.exceptions.PolarsError, nw.exceptions.NarwhalsError):
                read.add(f"{table}.{column}")
    return read


def test_a_score_can_depend_on_exactly_the_columns_that_candidates_need() -> None:
    frames = random_ranking(4, DAYS.preceded_by(9), posts=8).tables()

    def function(changed: Frames) -> pl.DataFrame:
        return collect_candidates(
            RankingTables(*(on_polars(changed[table]) for table in INPUTS)), days=DAYS
        )

    assert needed(function, frames) == set(candidates.SOURCES)
    assert set(post_scores.SOURCES["prior_score"]) == set(candidates.SOURCES)


@pytest.mark.parametrize(
    ("rank", "sources", "identity"),
    [
        (popular_posts.rank_popular_posts, popular_posts.SOURCES, ["date", "post_id"]),
        (highlighted_posts.highlight_posts, highlighted_posts.SOURCES, ["date", "list", "post_id"]),
    ],
)
def test_a_list_is_made_of_no_column_that_it_does_not_name(
    rank: Rank, sources: dict[str, list[str]], identity: list[str]
) -> None:
    frames = random_ranking(4, DAYS.preceded_by(9), posts=20).tables()
    tables = RankingTables(*(on_polars(frames[table]) for table in INPUTS))
    posts = collect_candidates(tables, days=DAYS)
    scores = post_scores.score_posts(posts, dict.fromkeys(DAYS, PRIOR))

    def function(changed: Frames) -> nw.LazyFrame[Any]:
        return rank(
            on_polars(changed["post_scores"]),
            on_polars(changed["post_states"]),
            days=DayRange(DAYS.last, DAYS.last),
        )

    read = {"post_scores": scores, "post_states": frames["post_states"]}
    declared = as_sets(sources)
    identity = [*identity, "author_id", "created_at"]
    found = influences(function, read, identity)
    # Which posts a list has is decided by everything; of its own columns, a row has few.
    for column in set(declared) - set(identity):
        assert found[column] <= declared[column] | BY_THE_WAY, column
    of_all = set().union(*declared.values())
    assert of_all <= needed(lambda changed: run(function(changed)), read) <= of_all | BY_THE_WAY


def test_every_named_column_is_one_of_a_contract() -> None:
    contracts: dict[str, type[Contract]] = {
        **INPUTS,
        "post_scores": PostScores,
        "post_states": PostStates,
        "engagement_models": EngagementModels,
    }
    known = {
        f"{table}.{column}" for table, kind in contracts.items() for column in polars_schema(kind)
    }

    for table, sources in SOURCES_OF_COLUMNS.items():
        assert set(sources) <= set(polars_schema(RANKINGS[table]))
        assert set().union(*as_sets(sources).values()) <= known
    assert set(model_days.SOURCES_OF_COLUMNS) <= set(polars_schema(EngagementModels))
