from dataclasses import replace
from datetime import timedelta

import polars as pl
import pytest

from assets.ranking.backtest import Backtest
from assets.ranking.backtest_summary import Summary, summarize, verdict
from assets.ranking.backtest_verdict import Difference
from tests.fixtures.backtest_summaries import LAST, last_days, random_summary


@pytest.fixture(scope="module")
def summary() -> Summary:
    return random_summary(seed=1, days=20)


def with_days(summary: Summary, **columns: object) -> Summary:
    """The same, with other facts of each day."""
    facts = {name: pl.lit(value) for name, value in columns.items()}
    return replace(
        summary, outcome=replace(summary.outcome, days=summary.outcome.days.with_columns(**facts))
    )


def with_best(summary: Summary, lower: float | None, upper: float | None) -> Summary:
    row = Difference("ndcg_100", "Reddit hot", 0.6, 0.5, lower, upper, is_best=True)
    return replace(summary, differences=[row])


def said(summary: Summary) -> str:
    return " ".join(verdict(summary))


@pytest.mark.parametrize(
    ("lower", "upper", "words"),
    [
        (0.01, 0.2, "beats the best heuristic, Reddit hot (0.500), difference +0.100"),
        (-0.3, -0.2, "loses to the best heuristic"),
        (-0.1, 0.3, "cannot be told from the best heuristic"),
        (0.0, 0.3, "cannot be told from the best heuristic"),
        (None, None, "fewer than 14 judged days are too few for an interval"),
    ],
)
def test_the_score_is_ahead_only_where_the_interval_says_so(
    summary: Summary, lower: float | None, upper: float | None, words: str
) -> None:
    assert words in said(with_best(summary, lower, upper))


def test_an_interval_is_told_with_its_signs(summary: Summary) -> None:
    assert "95 % interval -0.100 to +0.300." in said(with_best(summary, -0.1, 0.3))


def test_ties_are_warned_of_where_most_candidates_get_nothing(summary: Summary) -> None:
    warning = "where most candidates get nothing, ties decide Spearman and Kendall"

    assert (
        f"60 % of the posts got nothing the day after, and 20 % share their score: {warning}"
        in (said(with_days(summary, got_nothing=0.6, ties=0.2)))
    )
    assert warning not in said(with_days(summary, got_nothing=0.5, ties=0.2))


@pytest.mark.parametrize(
    ("share", "words"),
    [
        (0.0, "No score was learned: all of them are the prior's."),
        (0.25, "25 % of the scores were learned"),
        (1.0, "All scores were learned."),
    ],
)
def test_it_says_whether_anything_was_learned(summary: Summary, share: float, words: str) -> None:
    assert words in said(with_days(summary, learned=share))


def test_the_sentence_of_intervals_says_how_many_of_them_held(summary: Summary) -> None:
    two = summary.outcome.days.filter(pl.col("is_judged")).head(2)
    days = two.with_columns(pl.Series("with_interval", [1, 3]), pl.Series("coverage", [0.0, 1.0]))

    told = replace(
        summary,
        outcome=replace(summary.outcome, days=days),
        means=summary.means.with_columns(coverage=0.75),
    )

    assert "The 80 % intervals held 75 % of what came true, over 4 scores" in said(told)


def test_without_intervals_that_is_said(summary: Summary) -> None:
    without = replace(summary, means=summary.means.with_columns(coverage=pl.lit(None, pl.Float64)))

    assert without.coverage is None
    assert "No score had an interval." in said(without)


def test_days_left_out_are_counted_even_where_they_had_no_post(summary: Summary) -> None:
    is_kept = pl.col("date") > LAST - timedelta(days=5)
    days = summary.outcome.days.filter(is_kept).with_columns(is_judged=pl.col("date") < LAST)

    told = replace(summary, outcome=replace(summary.outcome, days=days))

    assert len(told.left_out) == 16
    assert told.left_out[-1] == LAST
    assert "4 of 20 days from 2024-02-10 to 2024-02-29 were judged" in said(told)
    assert "16 left out: fewer than 3 posts, or none that got anything the day after." in said(told)


def test_nothing_judged_is_a_result_and_said(summary: Summary) -> None:
    cleared = Backtest(summary.outcome.results.clear(), summary.outcome.days.clear())

    told = summarize(cleared, last_days(3))

    assert verdict(told)[0].startswith("0 of 3 days")
    assert verdict(told)[-1] == "There is nothing to compare."
