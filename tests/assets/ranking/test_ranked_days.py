from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from assets.ranking import ranked_days
from assets.ranking.model_days import TABLE, ModelDays
from assets.ranking.ranked_days import RANKINGS, RankedDays
from assets.resources.engine import Engine, EngineName, open_engine
from assets.resources.lake import Lake
from assets.resources.published import Published
from schema.errors import MissingPartitionError
from schema.tables.engagement_models import EngagementModels
from schema.validation import validate
from schema.windows import DayRange, start_of
from tests.fixtures.backtest_lake import publish_days
from tests.fixtures.engines import ENGINES, engine_called
from tests.fixtures.ranked_platform import random_ranking_frames
from tests.fixtures.ranking_frames import RankingFrames

# From the 16th on a model is learned.
DAYS = DayRange(date(2024, 2, 1), date(2024, 2, 24))
RANKED = DayRange(date(2024, 2, 18), date(2024, 2, 22))
D = RANKED.last


@pytest.fixture(scope="module")
def platform() -> RankingFrames:
    return random_ranking_frames(5, DAYS, posts=15)


@pytest.fixture(scope="module")
def lake(platform: RankingFrames, tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """A lake that goes on after the ranked days, with the models of all of its days."""
    return built(tmp_path_factory.mktemp("lake"), platform, DAYS)


def built(root: Path, platform: RankingFrames, days: DayRange) -> Lake:
    lake = Lake(root)
    platform.publish(lake, days)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("assets.ranking.booster.ROUNDS", 30)
        for day in days:
            publish_days(lake, TABLE, work_on(lake).models.decide([day]), [day])
    return lake


def work_on(lake: Lake, *, engine: Engine | None = None, first: date = DAYS.first) -> RankedDays:
    published = Published(lake, engine or open_engine(EngineName.POLARS))
    return RankedDays(ModelDays(published, first), first)


def rank(work: RankedDays, days: DayRange) -> dict[str, pl.DataFrame]:
    return {output.table: output.frame for output in work.rank(days)}


@pytest.fixture(scope="module")
def ended(platform: RankingFrames, tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """A lake that ends with the last of the ranked days; its models were learned there."""
    return built(tmp_path_factory.mktemp("ended"), platform.until(D), DayRange(DAYS.first, D))


@pytest.fixture(scope="module")
def ranked(lake: Lake) -> dict[str, pl.DataFrame]:
    return rank(work_on(lake), RANKED)


def test_what_is_published_keeps_every_contract(ranked: dict[str, pl.DataFrame]) -> None:
    assert list(ranked) == list(RANKINGS)
    for table, frame in ranked.items():
        assert set(frame["date"]) == set(RANKED), table
        for _, partition in frame.group_by("date"):
            validate(partition, RANKINGS[table], partition=table)


def test_scores_are_those_of_the_learned_models_with_their_intervals(
    lake: Lake, ranked: dict[str, pl.DataFrame]
) -> None:
    models = work_on(lake).models.in_force(RANKED)

    scores = ranked["post_scores"]

    assert all(model.boosters for model in models.values())
    assert dict(scores.select("date", "model_id").unique().iter_rows()) == {
        day: model.model_id for day, model in models.items()
    }
    assert scores["upper_score"].null_count() == 0
    assert (scores["engagement_score"] != scores["prior_score"]).to_numpy().mean() > 0.5


def test_receipts_explain_exactly_the_popular_posts(ranked: dict[str, pl.DataFrame]) -> None:
    on_post = ["date", "post_id"]
    sums = ranked["score_receipts"].group_by(on_post).agg(pl.col("contribution").sum())

    popular = ranked["popular_posts"].filter(pl.col("engagement_score") > 0)

    explained = popular.join(sums, on=on_post)
    assert explained.height == popular.height > 300
    assert explained["contribution"].to_list() == explained["engagement_score"].to_list()
    assert sums.join(ranked["popular_posts"], on=on_post, how="anti").is_empty()


@pytest.mark.parametrize("days", [1, 2])
def test_days_in_pieces_in_any_order_are_ranked_as_all_at_once(
    lake: Lake, ranked: dict[str, pl.DataFrame], days: int
) -> None:
    newest_first = reversed(list(RANKED.chunks(days)))
    pieces = [rank(work_on(lake), piece) for piece in newest_first]

    for table, frame in ranked.items():
        assert_frame_equal(pl.concat([piece[table] for piece in reversed(pieces)]), frame)


@pytest.mark.parametrize("engine", ENGINES)
def test_no_engine_changes_a_rank(
    lake: Lake,
    ranked: dict[str, pl.DataFrame],
    engine: EngineName,
    request: pytest.FixtureRequest,
) -> None:
    on_it = rank(work_on(lake, engine=engine_called(engine, request)), RANKED)

    for table, frame in ranked.items():
        assert_frame_equal(on_it[table], frame)


def test_the_future_changes_nothing_models_included(
    ended: Lake, ranked: dict[str, pl.DataFrame]
) -> None:
    for table, frame in rank(work_on(ended), RANKED).items():
        assert_frame_equal(frame, ranked[table])


def test_models_of_the_past_do_not_change_as_days_go_by(ended: Lake, lake: Lake) -> None:
    def decided(where: Lake) -> pl.DataFrame:
        scan = Published(where, open_engine("polars")).scan(
            TABLE, EngagementModels, DayRange(DAYS.first, D)
        )
        rows: pl.DataFrame = scan.collect("polars").to_native()
        return rows

    assert_frame_equal(decided(ended), decided(lake))


def test_a_day_takes_as_many_days_along_as_fit_in_memory(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = work_on(lake)
    assert [len(piece) for piece in work.chunks(RANKED)] == [5]

    monkeypatch.setattr(ranked_days, "MOST_CANDIDATES", 1)
    few = [len(piece) for piece in work.chunks(RANKED)]
    monkeypatch.setattr(ranked_days, "MOST_DAYS", 3)
    monkeypatch.setattr(ranked_days, "MOST_CANDIDATES", 10**9)

    assert few == [1] * 5
    assert [len(piece) for piece in work.chunks(RANKED)] == [3, 2]


def test_every_piece_of_days_fits_in_memory_however_busy_other_days_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake = Lake(tmp_path)
    busy = random_ranking_frames(5, DayRange(DAYS.first, date(2024, 2, 6)), posts=15)
    days = DayRange(DAYS.first, date(2024, 4, 10))
    publish_days(lake, "post_states", busy.post_states, days)
    monkeypatch.setattr(ranked_days, "MOST_CANDIDATES", 600)

    pieces = list(work_on(lake).chunks(days))

    def seen(day: date) -> pl.DataFrame:
        return busy.post_states.filter(pl.col("date").is_between(day - timedelta(days=30), day))

    def live(day: date) -> pl.DataFrame:
        is_gone = pl.col("deleted_at") < start_of(day + timedelta(days=1))
        newest = seen(day).sort("date").group_by("id").last()
        return newest.filter(~is_gone.fill_null(value=False))

    assert [day for piece in pieces for day in piece] == list(days)
    assert max(sum(live(day).height for day in piece) for piece in pieces) <= 600
    assert max(map(len, pieces)) == ranked_days.MOST_DAYS > 2 * min(map(len, pieces))
    # A post that is touched every day is one all the same.
    assert any(sum(seen(day).height for day in piece) > 600 for piece in pieces)


def test_a_missing_day_of_the_history_is_named(lake: Lake) -> None:
    with pytest.raises(MissingPartitionError, match=r"the lake has no .* of 2024-01-31"):
        rank(work_on(lake, first=date(2024, 1, 31)), RANKED)


def test_the_first_day_of_all_is_ranked_without_a_day_before(lake: Lake) -> None:
    first = DayRange(DAYS.first, DAYS.first)

    ranked = rank(work_on(lake), first)

    assert set(ranked["post_scores"]["date"]) == {DAYS.first}
    assert ranked["popular_posts"]["rank_change"].null_count() == ranked["popular_posts"].height
