from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import TypeAlias

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from assets.ranking.booster import fit_booster
from assets.ranking.candidates import collect_candidates
from assets.ranking.features import FEATURES, build_features
from assets.ranking.post_scores import score_posts
from assets.ranking.receipts import write_receipts
from assets.ranking.score_model import PRIOR, ScoreModel, log_prior
from schema.tables.post_scores import MAX_SCORE, PostScores
from schema.tables.score_receipts import ScorePart, ScoreReceipts
from schema.validation import validate
from schema.windows import DayRange
from tests.fixtures.ranked_platform import random_ranking_frames
from tests.fixtures.ranking_frames import RankingFrames
from tests.fixtures.single_post import POST, one_post

Explain: TypeAlias = Callable[[pl.DataFrame, str], tuple[pl.DataFrame, pl.DataFrame]]
D = date(2024, 2, 29)
TODAY = DayRange(D, D)
DAYS = DayRange(D - timedelta(days=19), D)


@pytest.fixture(scope="module")
def platform() -> RankingFrames:
    return random_ranking_frames(3, DAYS, bursts=0.3)


@pytest.fixture(scope="module")
def candidates(platform: RankingFrames) -> pl.DataFrame:
    return collect_candidates(platform.lazy(), days=TODAY)


@pytest.fixture(scope="module")
def learned(platform: RankingFrames) -> ScoreModel:
    """A model of two boosters that has learned from the platform's own past, and exaggerates."""
    past = collect_candidates(platform.lazy(), days=DayRange(DAYS.first, D - timedelta(days=2)))
    posts = build_features(past)
    targets = posts["weight_day"].clip(0).to_numpy()
    boosters = [
        fit_booster(posts.select(FEATURES), targets, log_prior(posts), rising=["prior"], seed=seed)
        for seed in (1, 2)
    ]
    return ScoreModel("2024-02-28-00000000", boosters, confidence=0.9, scale=1.4)


def models(learned: ScoreModel) -> dict[str, ScoreModel]:
    return {
        "prior": PRIOR,
        "calibrated prior": replace(PRIOR, scale=0.7, floor=0.4, floor_score=0.15, ties_idle=True),
        "learned": learned,
        "learned, tied": replace(learned, floor=1.5, floor_score=0.5),
        "learned, far too high": replace(learned, scale=1e9),
        "learned, next to nothing": replace(learned, scale=1e-9),
    }


KINDS = list(models(PRIOR))


def receipts_and_scores(
    candidates: pl.DataFrame, model: ScoreModel
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Both, checked against their contracts."""
    scores = score_posts(candidates, {D: model})
    receipts = write_receipts(candidates, model, candidates)
    return (
        validate(receipts, ScoreReceipts, partition="score_receipts"),
        validate(scores, PostScores, partition="post_scores"),
    )


def assert_exact(receipts: pl.DataFrame, scores: pl.DataFrame) -> None:
    sums = receipts.group_by("date", "post_id").agg(pl.col("contribution").sum())
    told = scores.join(sums, on=["date", "post_id"], how="left").with_columns(
        pl.col("contribution").fill_null(Decimal(0))
    )
    assert told["contribution"].to_list() == scores["engagement_score"].to_list()


def parts_of(receipts: pl.DataFrame, post: bytes) -> dict[str, Decimal]:
    rows = receipts.filter(pl.col("post_id") == post).select("part", "contribution")
    return dict(rows.iter_rows())


@pytest.mark.parametrize("kind", KINDS)
def test_the_parts_of_every_post_sum_exactly_to_its_score(
    candidates: pl.DataFrame, learned: ScoreModel, kind: str
) -> None:
    receipts, scores = receipts_and_scores(candidates, models(learned)[kind])

    assert_exact(receipts, scores)
    assert receipts.filter(pl.col("contribution") == 0).is_empty()
    assert scores.height > 200


def test_a_model_that_lacks_a_feature_of_today_is_explained_by_those_it_knows(
    candidates: pl.DataFrame, learned: ScoreModel
) -> None:
    posts = build_features(candidates)
    known = [name for name in FEATURES if name != "media"]
    booster = fit_booster(
        posts.select(known),
        posts["weight_day"].clip(0).to_numpy(),
        log_prior(posts),
        rising=["prior"],
        seed=1,
    )

    older = replace(learned, boosters=[booster], features=known)

    assert_exact(*receipts_and_scores(candidates, older))


def test_the_tests_meet_scores_at_both_ends(candidates: pl.DataFrame, learned: ScoreModel) -> None:
    scores = {
        kind: score_posts(candidates, {D: model})["engagement_score"]
        for kind, model in models(learned).items()
    }

    assert scores["learned, far too high"].max() == MAX_SCORE
    assert scores["learned, next to nothing"].max() == 0
    assert (scores["learned, tied"] == Decimal("0.50")).sum() > 20


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_set_aside_as_coordinated_only_takes_away(
    candidates: pl.DataFrame, learned: ScoreModel, kind: str
) -> None:
    receipts, scores = receipts_and_scores(candidates, models(learned)[kind])

    set_aside = receipts.filter(pl.col("part") == "COORDINATED")
    hit = scores.filter(pl.col("coordinated_events") > 0)
    assert (set_aside["contribution"] < 0).all()
    assert set_aside.height > 10
    assert set(set_aside["post_id"]) <= set(hit["post_id"])


def without_bursts(platform: RankingFrames) -> RankingFrames:
    """The same platform, had nobody attacked: built again from the honest rows alone."""
    hourly, audience = platform.post_engagement_hourly, platform.post_audience_daily
    count, value = pl.col("coordinated_events"), pl.col("coordinated_value")
    honest = hourly.with_columns(
        audience_events=pl.col("audience_events") - count,
        audience_value=pl.col("audience_value") - value,
        coordinated_events=pl.lit(0, pl.Int64),
        coordinated_value=pl.lit(0, pl.Int64),
    ).filter(pl.col("audience_events") > 0)
    accounts = audience.with_columns(
        accounts=pl.col("accounts") - pl.col("coordinated_accounts"),
        coordinated_accounts=pl.lit(0, pl.Int64),
    ).filter(pl.col("accounts") > 0)
    return replace(platform, post_engagement_hourly=honest, post_audience_daily=accounts)


@pytest.mark.parametrize("kind", KINDS)
def test_a_burst_changes_no_score(
    platform: RankingFrames, candidates: pl.DataFrame, learned: ScoreModel, kind: str
) -> None:
    model = models(learned)[kind]
    calm = collect_candidates(without_bursts(platform).lazy(), days=TODAY)

    attacked = score_posts(candidates, {D: model})

    assert attacked["coordinated_events"].sum() > 1_000
    assert_frame_equal(
        attacked.drop("coordinated_events"),
        score_posts(calm, {D: model}).drop("coordinated_events"),
    )


@pytest.mark.parametrize("kind", KINDS)
def test_a_receipt_shows_the_burst_and_takes_it_off_again(
    platform: RankingFrames, candidates: pl.DataFrame, learned: ScoreModel, kind: str
) -> None:
    model = models(learned)[kind]
    calm = collect_candidates(without_bursts(platform).lazy(), days=TODAY)

    attacked, honest = (write_receipts(posts, model, posts) for posts in (candidates, calm))

    assert "COORDINATED" in set(attacked["part"])
    assert "COORDINATED" not in set(honest["part"])
    likes = ["LAST_DAY", "EARLIER", "COORDINATED"]
    nothing = Decimal(0)
    for post in attacked.filter(pl.col("part") == "COORDINATED")["post_id"]:
        before, after = parts_of(honest, post), parts_of(attacked, post)
        plain, shown = (
            sum((parts.get(name, nothing) for name in likes), nothing) for parts in (before, after)
        )
        assert abs(plain - shown) <= Decimal("0.05")
        for part in {*before, *after} - {*likes, "ROUNDING"}:
            assert abs(before.get(part, nothing) - after.get(part, nothing)) <= Decimal("0.02")


def test_only_what_is_asked_for_is_explained_and_no_differently(
    candidates: pl.DataFrame, learned: ScoreModel
) -> None:
    some = candidates[::7]

    receipts = write_receipts(candidates, learned, some)

    assert set(receipts["post_id"]) <= set(some["post_id"])
    everything = write_receipts(candidates, learned, candidates)
    assert_frame_equal(receipts, everything.join(some, on="post_id", how="semi"))


def test_of_nothing_nothing_is_explained(candidates: pl.DataFrame, learned: ScoreModel) -> None:
    assert write_receipts(candidates, learned, candidates.clear()).is_empty()


def test_a_learned_receipt_names_every_group_of_features(
    candidates: pl.DataFrame, learned: ScoreModel
) -> None:
    receipts = write_receipts(candidates, learned, candidates)

    assert set(receipts["part"]) == {part.value for part in ScorePart}


def test_a_receipt_of_the_prior_names_nothing_that_was_learned(candidates: pl.DataFrame) -> None:
    parts = set(write_receipts(candidates, PRIOR, candidates)["part"])

    assert parts == {"AUTHOR", "LAST_DAY", "EARLIER", "COORDINATED", "ROUNDING"}


def test_a_calibrated_prior_tells_its_level_as_the_platform_s(candidates: pl.DataFrame) -> None:
    halved = replace(PRIOR, scale=0.5)

    receipts = write_receipts(candidates, halved, candidates)

    features = build_features(candidates)
    level = receipts.filter(pl.col("part") == "LEARNED_PLATFORM")["contribution"].cast(pl.Float64)
    assert level.sum() == pytest.approx(-features["prior"].sum() / 2, abs=0.02 * features.height)


def test_parts_by_hand() -> None:
    """One post of one author at noon of D: 2 LIKEs and a COMMENT before and 3 LIKEs today."""
    rows = [(D - timedelta(days=1), "LIKE", 2), (D - timedelta(days=1), "COMMENT", 1)]
    posts = collect_candidates(one_post(D, [*rows, (D, "LIKE", 3)]).lazy(), days=TODAY)

    parts = parts_of(write_receipts(posts, PRIOR, posts), POST)

    age, of_author = 36.0, 0.3
    by_age = 1 - (8 / (8 + age)) ** 1.5
    next_day = (1 - (8 / (32 + age)) ** 1.5 - by_age) / 2
    by_all = next_day / (by_age + of_author)
    by_day = next_day / (by_age - (1 - (8 / 20) ** 1.5) + of_author)
    lifetime = 15 / (by_age + 1)
    # The author has no other post: three posts' worth of the platform's mean is all there is.
    assert float(parts["AUTHOR"]) == pytest.approx(
        of_author * lifetime * (by_all + by_day), abs=0.02
    )
    assert float(parts["LAST_DAY"]) == pytest.approx(3 * (by_all + by_day), abs=0.02)
    assert float(parts["EARLIER"]) == pytest.approx(12 * by_all, abs=0.02)


amounts = st.one_of(st.just(0), st.integers(-3_000, 3_000), st.integers(-(10**17), 10**17))
kinds = st.sampled_from(KINDS)


@pytest.fixture(scope="module")
def score_and_explain(learned: ScoreModel) -> Explain:
    """By the kind of model: what hypothesis would print of a model is a megabyte."""
    known = models(learned)
    return lambda posts, kind: receipts_and_scores(posts, known[kind])


@settings(max_examples=25)
@given(values=st.lists(st.tuples(amounts, amounts, amounts, amounts), min_size=1), kind=kinds)
def test_whatever_the_values_receipts_fit_their_scores(
    score_and_explain: Explain,
    candidates: pl.DataFrame,
    values: list[tuple[int, ...]],
    kind: str,
) -> None:
    """Weights far beyond any platform's: an application may write whatever value it likes."""
    names = ["weight_1h", "weight_48h", "coordinated_weight_day", "coordinated_weight"]
    typed = pl.DataFrame(values, schema=dict.fromkeys(names, pl.Int64()), orient="row")
    posts = candidates.head(typed.height).with_columns(typed.get_columns())

    receipts, scores = score_and_explain(posts, kind)

    assert scores.height == typed.height
    assert_exact(receipts, scores)
