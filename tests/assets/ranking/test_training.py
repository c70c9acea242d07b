from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from assets.ranking.calibration import COVERAGE
from assets.ranking.features import FEATURES
from assets.ranking.rank_measures import tweedie_deviance
from assets.ranking.rank_quality import quality_of
from assets.ranking.score_model import PRIOR, ScoreModel
from assets.ranking.training import (
    LEAST_JUDGED_POSITIVES,
    LEAST_POSITIVES,
    MOST_BOOSTERS,
    Split,
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
        ([1] * 2 + [0] * 6, False),
        ([1] * 3, True),
        ([99] + [0] * 7, False),
        ([100] + [0] * 7, True),
        ([100] * 2, False),
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


def test_in_a_catalogue_of_old_posts_all_are_judged(examples: pl.DataFrame) -> None:
    old = examples.with_columns(age_hours=pl.lit(50_000.0))

    parts = split(old)

    assert parts.held_out.height == split(examples).held_out.height
    assert calibrated_prior(old) != PRIOR


def test_old_posts_are_judged_as_long_as_too_few_young_ones_got_something(
    examples: pl.DataFrame,
) -> None:
    is_late = pl.col("date") >= day(DAYS - DAYS // 4)
    got = examples.filter(is_late, pl.col("target") > 0).sort("date", "post_id")

    def held_out(young: int) -> pl.DataFrame:
        is_young = pl.struct("date", "post_id").is_in(
            got.head(young).select(pl.struct("date", "post_id")).to_series().implode()
        )
        age = pl.when(is_young).then(1.0).otherwise(50_000.0)
        return split(examples.with_columns(age_hours=age)).held_out

    assert held_out(LEAST_JUDGED_POSITIVES)["age_hours"].unique().to_list() == [1.0]
    assert held_out(LEAST_JUDGED_POSITIVES - 1).height > LEAST_JUDGED_POSITIVES


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


def test_a_challenger_learns_and_is_as_high_as_targets_that_the_prior_is_far_from() -> None:
    parts = split(planted_examples(8).with_columns(pl.col("target") * 20))
    later = parts.held_out

    model = train_challenger(parts, PRIOR, trained_on=TODAY)

    assert model.expect(later).sum() == pytest.approx(later["target"].sum(), rel=0.01)
    plain = quality_of(later, PRIOR.score(later)).spearman
    assert quality_of(later, model.score(later)).spearman > plain + 0.05


@pytest.mark.parametrize(("told", "is_enough"), [(2, False), (3, True)])
@pytest.mark.parametrize("days", [3, 8])
def test_a_prior_is_calibrated_on_three_days_that_had_engagement(
    days: int, told: int, *, is_enough: bool
) -> None:
    is_told = pl.col("date") < day(told)
    examples = planted_examples(6, days=days).with_columns(target=pl.col("target") * is_told * 2)

    assert (calibrated_prior(examples) != PRIOR) == is_enough


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
