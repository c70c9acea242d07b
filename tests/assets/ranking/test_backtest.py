from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal
from scipy.stats import kendalltau, spearmanr
from sklearn.metrics import ndcg_score

from assets.ranking.backtest import (
    METHODS,
    PLACES,
    SLICES,
    Kind,
    author_sizes,
    backtest,
    can_be_judged,
    with_predictions,
)
from assets.ranking.weights import UNITS_PER_LIKE
from tests.fixtures.backtest_frames import random_backtest_frames
from tests.fixtures.backtest_summaries import judged_by_polars, last_days

D = date(2024, 2, 29)
DAYS = last_days(10)
POST = {
    "date": D,
    "author_id": b"a" * 16,
    "created_at": datetime(2024, 2, 29, 12, tzinfo=UTC),
    "engagement_score": 1.0,
    "prior_score": 1.0,
    "lower_score": None,
    "upper_score": None,
    "model_id": "prior",
    "weighted": 0,
    "last_day": 0,
    "last_hours": 0,
    "decayed": 0,
    "author_weighted": 0,
    "target": 0,
}


def posts(*rows: dict[str, Any]) -> pl.DataFrame:
    """Collected `judged_posts`; what a row leaves out is that of POST."""
    full = [POST | {"post_id": n.to_bytes(16, "big")} | row for n, row in enumerate(rows)]
    types: dict[str, Any] = {"lower_score": pl.Float64(), "upper_score": pl.Float64()}
    return pl.DataFrame(full, schema_overrides=types, infer_schema_length=None)


def got(likes: float, **more: Any) -> dict[str, Any]:
    """A post that got so many LIKEs the day after."""
    return {"target": round(likes * UNITS_PER_LIKE)} | more


def random_judged(seed: int) -> pl.DataFrame:
    return judged_by_polars(random_backtest_frames(seed, DAYS), DAYS)


def overall(results: pl.DataFrame, method: str = "score") -> dict[str, Any]:
    [row] = results.filter(pl.col("kind") == Kind.ALL, pl.col("method") == method).to_dicts()
    return row


def test_a_score_that_is_what_came_true_is_perfect_in_every_measure() -> None:
    judged = posts(*(got(n, engagement_score=float(n)) for n in range(5)))

    row = overall(backtest([judged]).results)

    assert row["posts"] == 5
    perfect = ("spearman", "kendall", *(f"ndcg_{places}" for places in PLACES))
    assert [row[name] for name in perfect] == pytest.approx([1] * 5)
    assert row["msle"] == 0


def test_every_method_is_judged_but_only_expectations_by_their_size() -> None:
    results = backtest([posts(got(1), got(2), got(3))]).results.filter(pl.col("kind") == Kind.ALL)

    assert results["method"].to_list() == list(METHODS)
    judged_by_size = results.drop_nulls("msle")
    assert judged_by_size["method"].to_list() == ["score", "prior"]


def test_measures_of_a_day_equal_those_of_scipy_and_scikit_learn() -> None:
    judged = random_judged(seed=1).filter(pl.col("date") == D)
    table = with_predictions(judged)
    target = table["target"].to_numpy()

    results = backtest([judged]).results

    for method in METHODS:
        prediction = table[method].to_numpy()
        row = overall(results, method)
        assert row["spearman"] == pytest.approx(spearmanr(target, prediction)[0])
        assert row["kendall"] == pytest.approx(kendalltau(target, prediction)[0])
        assert row["ndcg_10"] == pytest.approx(ndcg_score([target], [prediction], k=10))


@pytest.mark.parametrize(
    ("judged", "is_judged"),
    [
        (posts(got(0), got(0), got(0), got(0)), False),
        (posts(got(1), got(2)), False),
        (posts(got(0), got(0), got(1)), True),
    ],
)
def test_a_day_without_an_order_to_be_found_is_left_out_and_counted(
    judged: pl.DataFrame, *, is_judged: bool
) -> None:
    outcome = backtest([judged])

    assert outcome.days["is_judged"].to_list() == [is_judged]
    assert outcome.results.is_empty() != is_judged


def test_a_day_says_how_many_of_its_scores_were_learned() -> None:
    judged = posts(got(1, model_id="lightgbm of some day"), got(0), got(0), got(0))

    assert backtest([judged]).days["learned"].to_list() == [0.25]


def test_a_day_says_how_many_got_nothing_tie_and_lie_within_their_interval() -> None:
    wide = {"lower_score": 0.0, "upper_score": 9.0}
    judged = posts(
        got(0, engagement_score=2.0, **wide),
        got(0, engagement_score=2.0),
        got(9.01, engagement_score=3.0, **wide),
        got(9, engagement_score=4.0, **wide),
    )

    [day] = backtest([judged]).days.to_dicts()

    assert day["posts"] == 4
    assert (day["got_nothing"], day["ties"]) == (0.5, 0.5)
    assert day["with_interval"] == 3
    assert day["coverage"] == pytest.approx(2 / 3)


def test_each_band_says_how_many_of_its_scores_lie_within_their_interval() -> None:
    judged = random_judged(seed=3).filter(pl.col("date") == D)

    results = backtest([judged]).results

    table = with_predictions(judged)
    for row in results.filter(method="score").iter_rows(named=True):
        band = table.filter(pl.col(row["kind"]) == row["slice"]).drop_nulls("lower_score")
        inside = band.filter(pl.col("target").is_between("lower_score", "upper_score"))
        assert row["with_interval"] == band.height
        assert row["coverage"] == (inside.height / band.height if band.height else None)
    assert results.filter(pl.col("with_interval") > 0)["kind"].n_unique() == len(Kind)
    assert results.filter(pl.col("method") != "score")["coverage"].is_null().all()


@pytest.mark.parametrize(
    ("hours", "band"),
    [
        (5.999, "under 6 h"),
        (6, "6 to 24 h"),
        (23.999, "6 to 24 h"),
        (24, "1 to 3 days"),
        (72, "3 to 7 days"),
        (168, "3 to 7 days"),
    ],
)
def test_a_post_is_in_the_band_of_its_age_at_the_end_of_the_day(hours: float, band: str) -> None:
    day_end = datetime(2024, 3, 1, tzinfo=UTC)

    [post] = with_predictions(posts({"created_at": day_end - timedelta(hours=hours)})).to_dicts()

    assert post[Kind.AGE] == band


def test_authors_are_banded_among_the_days_authors_with_an_audience() -> None:
    sizes = [0, -5, *range(10, 110, 10)]
    rows = [{"author_id": bytes([n]) * 16, "author_weighted": size} for n, size in enumerate(sizes)]
    twice = with_predictions(posts(*rows, *rows))

    bands = dict(author_sizes(twice).sort("author_id").select("author_id", Kind.AUTHOR).iter_rows())

    assert list(bands.values()) == (
        ["none"] * 2 + ["lower half"] * 5 + ["upper half"] * 4 + ["top tenth"]
    )


def test_authors_of_one_size_share_a_band() -> None:
    rows = [{"author_id": bytes([n]) * 16, "author_weighted": 5} for n in range(7)]

    assert author_sizes(with_predictions(posts(*rows)))[Kind.AUTHOR].n_unique() == 1


def test_a_band_is_judged_on_its_own_posts() -> None:
    old = datetime(2024, 2, 25, tzinfo=UTC)
    right = [got(n, engagement_score=float(n)) for n in range(3)]
    wrong = [got(n, engagement_score=float(3 - n), created_at=old) for n in range(3)]

    results = backtest([posts(*right, *wrong)]).results.filter(pl.col("method") == "score")

    by_age = {row["slice"]: row for row in results.filter(pl.col("kind") == Kind.AGE).to_dicts()}
    assert {name: row["posts"] for name, row in by_age.items()} == {
        "6 to 24 h": 3,
        "3 to 7 days": 3,
    }
    assert by_age["6 to 24 h"]["spearman"] == pytest.approx(1)
    assert by_age["3 to 7 days"]["spearman"] == pytest.approx(-1)


def test_bands_part_the_posts_of_a_day() -> None:
    judged = random_judged(seed=2)
    table = with_predictions(judged)

    assert table.height == judged.height
    for kind, names in SLICES.items():
        assert set(table[kind]) <= set(names)
        assert table[kind].null_count() == 0


def test_the_order_of_rows_changes_nothing() -> None:
    judged = random_judged(seed=3)

    shuffled = backtest([judged.sample(fraction=1, shuffle=True, seed=1)])
    ordered = backtest([judged])

    assert_frame_equal(shuffled.results, ordered.results, check_exact=True)
    assert_frame_equal(shuffled.days, ordered.days, check_exact=True)


def test_chunks_of_days_give_what_all_days_at_once_give() -> None:
    judged = random_judged(seed=4)

    def chunks() -> Iterator[pl.DataFrame]:
        for chunk in DAYS.chunks(3):
            yield judged.filter(pl.col("date").is_between(chunk.first, chunk.last))

    by_chunks, at_once = backtest(chunks()), backtest([judged])

    assert_frame_equal(by_chunks.results, at_once.results)
    assert_frame_equal(by_chunks.days, at_once.days)


def test_of_no_posts_comes_nothing() -> None:
    outcome = backtest([random_judged(seed=5).clear()])

    assert outcome.results.is_empty()
    assert outcome.days.is_empty()
    assert not can_be_judged(posts(got(1)).clear())
