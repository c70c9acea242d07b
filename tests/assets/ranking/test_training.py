from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from assets.ranking.features import FEATURES
from assets.ranking.rank_measures import tweedie_deviance
from assets.ranking.rank_quality import quality_of
from assets.ranking.score_model import PRIOR, ScoreModel
from assets.ranking.training import (
    COVERAGE,
    LEAST_JUDGED_POSITIVES,
    LEAST_POSITIVES,
    MOST_BOOSTERS,
    MOST_CORRECTION,
    Split,
    calibrate,
    calibrated_prior,
    may_suffice,
    split_examples,
    train_challenger,
)
from tests.fixtures.planted import FIRST_DAY, SIGNAL, planted_examples, shuffled

TODAY = date(2024, 1, 17)
DAYS = 16


def day(number: int) -> date:
    """The n-th day of the examples, from 0."""
    return FIRST_DAY + timedelta(days=number)


def split(examples: pl.DataFrame) -> Split:
    parts = split_examples(examples)
    assert parts
    return parts


@pytest.fixture(scope="module")
def examples() -> pl.DataFrame:
    return planted_examples(1, days=DAYS)


@pytest.fixture(scope="module")
def challenger(examples: pl.DataFrame) -> ScoreModel:
    return train_challenger(split(examples), PRIOR, trained_on=TODAY)


@pytest.fixture(scope="module")
def fresh() -> pl.DataFrame:
    """Later days of the same platform that no part of a model has seen."""
    return planted_examples(99, days=8, first_day=TODAY)


def test_what_is_planted_is_found_on_days_that_were_not_seen(
    challenger: ScoreModel, fresh: pl.DataFrame
) -> None:
    learned = quality_of(fresh, challenger.score(fresh))
    plain = quality_of(fresh, PRIOR.score(fresh))
    targets = fresh["target"].to_numpy()

    assert learned.spearman > plain.spearman + 0.08
    assert learned.ndcg > plain.ndcg + 0.05
    assert tweedie_deviance(targets, challenger.expect(fresh)) < 0.9 * tweedie_deviance(
        targets, PRIOR.expect(fresh)
    )


def test_the_planted_feature_weighs_most(challenger: ScoreModel, fresh: pl.DataFrame) -> None:
    weights = np.abs(challenger.learned_parts(fresh)[:, :-1]).mean(axis=0)

    assert FEATURES[int(weights.argmax())] == SIGNAL


def test_of_noise_hardly_anything_is_learned() -> None:
    noise = planted_examples(3, days=DAYS, strength=0.0)
    model = train_challenger(split(noise), PRIOR, trained_on=TODAY)
    later = planted_examples(4, days=8, strength=0.0)

    worse = quality_of(later, PRIOR.score(later)).agreement
    assert quality_of(later, model.score(later)).agreement == pytest.approx(worse, abs=0.3)


def test_the_same_examples_give_the_same_model(
    examples: pl.DataFrame, challenger: ScoreModel
) -> None:
    again = train_challenger(split(examples.clone()), PRIOR, trained_on=TODAY)

    assert again.to_json() == challenger.to_json()
    assert again.model_id.startswith("2024-01-17-")


def test_the_order_of_the_examples_decides_nothing(
    examples: pl.DataFrame, challenger: ScoreModel
) -> None:
    parts = split(shuffled(examples))

    assert train_challenger(parts, PRIOR, trained_on=TODAY) == challenger
    assert calibrated_prior(shuffled(examples)) == calibrated_prior(examples)


def test_a_model_is_the_mean_of_the_newest_boosters(
    examples: pl.DataFrame, challenger: ScoreModel
) -> None:
    older = replace(challenger, boosters=[*challenger.boosters, "older", "oldest"])
    parts = split(examples)
    second = train_challenger(parts, challenger, trained_on=TODAY)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("assets.ranking.training.calibrate", lambda model, _held_out: model)
        third = train_challenger(parts, older, trained_on=TODAY)

    assert second.boosters == challenger.boosters * 2
    assert third.boosters == [*challenger.boosters * 2, "older"]
    assert len(third.boosters) == MOST_BOOSTERS


@pytest.mark.parametrize(
    ("rows_after", "may"),
    [
        ([0] * 63, False),
        ([1] * 4 + [0] * 4, False),
        ([1] * 5 + [0] * 3, True),
        ([99] + [0] * 7, False),
        ([100] + [0] * 7, True),
        ([100] * 7, False),
    ],
)
def test_examples_that_would_teach_nothing_are_told_by_the_rows_of_their_targets(
    rows_after: list[int], may: bool
) -> None:
    assert may_suffice(rows_after) == may
    if not may:
        # As many posts as there can be whose targets are made of so few rows.
        targets = [[1.0] * rows + [0.0] * 50 for rows in rows_after]
        dates = [[day(number)] * len(of_day) for number, of_day in enumerate(targets)]
        drawn = planted_examples(5, days=1, posts=sum(map(len, targets)))
        examples = drawn.with_columns(
            date=pl.Series([d for of_day in dates for d in of_day]),
            target=pl.Series([t for of_day in targets for t in of_day]),
        )
        assert split_examples(examples) is None
        assert calibrated_prior(examples) == PRIOR


def test_confidence_grows_with_what_there_is_to_learn_from(challenger: ScoreModel) -> None:
    few = split(planted_examples(5, days=8, posts=45))
    timid = train_challenger(few, PRIOR, trained_on=TODAY)

    assert timid.confidence == few.positives / (few.positives + LEAST_POSITIVES)
    assert 0.5 <= timid.confidence < challenger.confidence < 1


@pytest.mark.parametrize(
    ("days", "held_out"), [(8, 2), (11, 2), (12, 3), (16, 4), (56, 14), (60, 14)]
)
def test_the_last_quarter_of_the_days_is_held_out_two_weeks_at_most(
    days: int, held_out: int
) -> None:
    parts = split(planted_examples(1, days=days, posts=60))

    assert parts.learned["date"].max() == day(days - held_out - 1)
    assert parts.learned["date"].min() == day(0)
    assert parts.held_out["date"].min() == day(days - held_out)
    assert parts.held_out["date"].max() == day(days - 1)


def test_old_posts_are_learned_from_and_not_judged_by(examples: pl.DataFrame) -> None:
    aged = examples.with_columns(age_hours=pl.col("age_hours") * 2)

    parts = split(aged)

    assert max(parts.learned["age_hours"]) > 300
    assert 160 < max(parts.held_out["age_hours"]) <= 168


def without(target: pl.Expr, *, posts: int = 60) -> pl.DataFrame:
    """Examples whose posts got what is said."""
    return planted_examples(1, posts=posts).with_columns(target=target)


@pytest.mark.parametrize(
    "examples",
    [
        planted_examples(1, days=7),
        planted_examples(1).clear(),
        without(pl.lit(0.0)),
        without((pl.int_range(pl.len()) < LEAST_POSITIVES - 1).cast(pl.Float64)),
        without((pl.col("date") < day(12)).cast(pl.Float64)),
    ],
    ids=["seven days", "nothing", "no engagement", "99 positives", "nothing held out"],
)
def test_too_little_is_not_learned_from(examples: pl.DataFrame) -> None:
    assert split_examples(examples) is None


def test_a_hundred_posts_with_engagement_are_enough() -> None:
    is_told = (pl.int_range(pl.len()) < LEAST_POSITIVES) | (pl.col("date") >= day(12))

    parts = split(without(is_told.cast(pl.Float64)))

    assert parts.positives == LEAST_POSITIVES


@pytest.mark.parametrize(
    ("judged", "is_enough"), [(LEAST_JUDGED_POSITIVES - 1, False), (LEAST_JUDGED_POSITIVES, True)]
)
def test_too_few_posts_that_got_something_judge_no_model(judged: int, is_enough: bool) -> None:
    is_later = pl.col("date") >= day(12)
    got = ~is_later | (is_later.cum_sum() <= judged)

    assert (split_examples(without(got.cast(pl.Float64))) is not None) == is_enough


@pytest.mark.parametrize("factor", [0.5, 2.0])
def test_the_level_of_the_prior_is_brought_to_that_of_the_targets(factor: float) -> None:
    examples = planted_examples(6, likes=5.0).with_columns(target=pl.col("target") * factor)

    model = calibrated_prior(examples)

    expected = model.expect(examples)
    assert model.boosters == []
    assert model.model_id == "prior"
    assert expected.sum() == pytest.approx(examples["target"].sum(), rel=0.01)


@pytest.mark.parametrize("factor", [0.01, 100.0])
def test_no_level_is_corrected_by_more_than_three(factor: float) -> None:
    examples = planted_examples(6, likes=5.0).with_columns(target=pl.col("target") * factor)

    scale = calibrated_prior(examples).scale

    assert scale == pytest.approx(MOST_CORRECTION if factor > 1 else 1 / MOST_CORRECTION)


def test_the_level_of_a_challenger_is_that_of_the_held_out_days() -> None:
    """The platform has lost half of its people since."""
    lively = planted_examples(7, likes=5.0)
    is_late = pl.col("date") >= day(12)
    halved = lively.with_columns(target=pl.col("target") / pl.when(is_late).then(2).otherwise(1))
    parts = split(halved)

    model = train_challenger(parts, PRIOR, trained_on=TODAY)

    assert model.expect(parts.held_out).sum() == pytest.approx(
        parts.held_out["target"].sum(), rel=0.01
    )


@pytest.mark.parametrize(
    "days", [7, 8], ids=["seven days", "eight days of which four had engagement"]
)
def test_a_prior_that_has_seen_too_little_is_not_calibrated(days: int) -> None:
    is_told = (pl.col("date") < day(4)) | pl.lit(days < 8)
    examples = planted_examples(6, days=days).with_columns(target=pl.col("target") * is_told * 2)

    assert calibrated_prior(examples) == PRIOR


def test_posts_below_the_floor_tie_only_where_that_pays(examples: pl.DataFrame) -> None:
    """Below the median, the prior misleads: whoever is lower got more."""
    ranks = pl.col("prior").rank() / pl.len()
    misleading = examples.with_columns(
        target=pl.when(ranks > 0.6).then(20 * ranks).otherwise(1 - ranks)
    )

    assert calibrated_prior(examples).floor == 0
    tied = calibrated_prior(misleading)
    assert tied.floor > 0
    below = misleading.filter(pl.Series(PRIOR.expect(misleading) * tied.scale < tied.floor))
    assert below.height / misleading.height == pytest.approx(0.6, abs=0.05)
    assert set(tied.score(below)) == {round(below["target"].to_numpy().mean() * 100)}
    assert tied.floor_score <= tied.floor


def test_the_interval_holds_most_targets_of_days_that_were_not_seen(
    challenger: ScoreModel, fresh: pl.DataFrame
) -> None:
    bounds = challenger.bounds(challenger.score(fresh))
    assert bounds
    lower, upper = bounds
    targets = fresh["target"].to_numpy() * 100

    covered = ((lower <= targets) & (targets <= upper)).mean()

    assert COVERAGE - 0.04 < covered < 0.97
    assert (lower <= challenger.score(fresh)).all()
    assert (challenger.score(fresh) <= upper).all()
    # As wide as it has to be: what is expected of the best is less certain than of the least.
    assert (upper - lower)[challenger.score(fresh) > 300].mean() > 2 * (upper - lower).mean()


def test_the_interval_is_that_of_the_held_out_targets() -> None:
    """A thousand posts that are worth the same: quantiles by hand."""
    held_out = pl.DataFrame(
        {
            "prior": np.full(1_001, 5.0),
            "target": np.arange(1_001) / 100,
            "date": [FIRST_DAY] * 1_001,
        }
    )

    [step] = calibrate(PRIOR, held_out).interval

    assert step.is_relative
    assert (step.from_score, step.lower, step.upper) == pytest.approx((1, 1 / 5, 9 / 5))


def calibrated_on(priors: list[float], factors: list[float]) -> ScoreModel:
    """On posts of a day, of which each got in turn one of these factors of its prior."""
    prior = np.array(priors)
    targets = prior * np.resize(factors, prior.size)
    held_out = pl.DataFrame({"prior": prior, "target": targets, "date": [FIRST_DAY] * prior.size})
    return calibrate(PRIOR, held_out)


@pytest.mark.parametrize(
    "priors",
    [
        np.linspace(0.1, 0.9, 3_000).tolist(),
        [0.2] * 2_900 + [1.5] * 20 + [9.0] * 9,
        [0.2] * 2_900 + [1.5] * 20 + [9.0] * 90,
    ],
    ids=["none from 1 LIKE on", "too few from there on", "too few between there and a quantile"],
)
def test_from_a_like_on_intervals_widen_with_the_score_however_few_scored_that_much(
    priors: list[float],
) -> None:
    model = calibrated_on(priors, [0.5, 1.5])

    bounds = model.bounds(np.array([10, 100, 600, 5_000]))

    assert bounds
    lower, upper = bounds
    assert upper[0] < 200
    assert list(lower[1:]) == pytest.approx([50, 300, 2_500], rel=0.02)
    assert list(upper[1:]) == pytest.approx([150, 900, 7_500], rel=0.02)


def test_below_a_like_intervals_are_of_amounts_also_where_all_scored_more() -> None:
    model = calibrated_on([5.0] * 1_000, [0.5, 1.5])

    bounds = model.bounds(np.array([10, 60, 100]))

    assert [bound.tolist() for bound in bounds or ()] == [[10, 50, 50], [150, 150, 150]]


def test_too_few_posts_have_no_interval() -> None:
    held_out = pl.DataFrame(
        {"prior": np.full(29, 5.0), "target": np.arange(29.0), "date": [FIRST_DAY] * 29}
    )

    assert calibrate(PRIOR, held_out).interval == []


def test_calibrating_again_starts_anew(examples: pl.DataFrame) -> None:
    once = calibrate(PRIOR, examples)

    again = calibrate(replace(once, floor=3.0, floor_score=2.0), examples)

    assert again.scale == pytest.approx(once.scale, rel=1e-4)
    assert (again.floor, again.interval) == (once.floor, once.interval)
