"""A back-test in a few numbers and sentences, for the screen, the page and the file alike."""

from dataclasses import dataclass
from datetime import date

import polars as pl

from assets.ranking.backtest import FEWEST_POSTS, SCORE, Backtest, Kind
from assets.ranking.backtest_verdict import (
    FEWEST_DAYS,
    Difference,
    differences,
    mean_measures,
)
from schema.windows import DayRange

NAMES = {
    "spearman": "Spearman",
    "kendall": "Kendall",
    "ndcg_10": "NDCG@10",
    "ndcg_100": "NDCG@100",
    "ndcg_1000": "NDCG@1000",
    "msle": "MSLE",
    "coverage": "within interval",
}
PROMISED_COVERAGE = 0.8


@dataclass(frozen=True, slots=True)
class Summary:
    """Judged days, means over them, and the score compared with everything else."""

    days: DayRange
    outcome: Backtest
    means: pl.DataFrame
    differences: list[Difference]

    @property
    def judged(self) -> pl.DataFrame:
        """Facts of the days that were judged."""
        return self.outcome.days.filter("is_judged")

    @property
    def left_out(self) -> list[date]:
        """Days without an order to be found."""
        judged = set(self.judged["date"])
        return [day for day in self.days if day not in judged]

    @property
    def coverage(self) -> float | None:
        """Share of all targets within their intervals; none where there is no interval."""
        known = self.means.filter(kind=Kind.ALL, method=SCORE)["coverage"].drop_nulls()
        return None if known.is_empty() else float(known.item())

    def mean(self, name: str) -> float:
        """Mean over the judged days of a fact; 0 where there is none."""
        return float(self.judged.select(pl.col(name).mean().fill_null(0)).item())

    def best(self, measure: str) -> Difference | None:
        """The comparison with the heuristic that is best in a measure."""
        marked = [row for row in self.differences if row.measure == measure and row.is_best]
        return marked[0] if marked else None


def summarize(outcome: Backtest, days: DayRange) -> Summary:
    """Bring the results of the days together."""
    return Summary(days, outcome, mean_measures(outcome.results), differences(outcome))


def verdict(summary: Summary) -> list[str]:
    """What the numbers say, a sentence each; first what was judged, then how it came out."""
    if summary.judged.is_empty():
        return [_scope(summary), "There is nothing to compare."]
    ahead = [_compare(row) for name in ("ndcg_100", "spearman") if (row := summary.best(name))]
    return [_scope(summary), _origin(summary), _silence(summary), *ahead, _intervals(summary)]


def _scope(summary: Summary) -> str:
    days, judged = summary.days, summary.judged.height
    said = f"{judged} of {len(days)} days from {days.first} to {days.last} were judged"
    if judged:
        said += f", with {summary.mean('posts'):,.0f} posts a day"
    if judged < len(days):
        said += (
            f"; {len(days) - judged} left out: fewer than {FEWEST_POSTS} posts, "
            "or none that got anything the day after"
        )
    return said + "."


def _origin(summary: Summary) -> str:
    learned = summary.mean("learned")
    if learned == 0:
        return "No score was learned: all of them are the prior's."
    if learned == 1:
        return "All scores were learned."
    return f"{_percent(learned)} of the scores were learned, the others are the prior's."


def _silence(summary: Summary) -> str:
    nothing, ties = summary.mean("got_nothing"), summary.mean("ties")
    said = (
        f"{_percent(nothing)} of the posts got nothing the day after, "
        f"and {_percent(ties)} share their score"
    )
    if nothing > 1 / 2:
        return (
            said + ": where most candidates get nothing, ties decide Spearman and Kendall; "
            "NDCG looks at the top."
        )
    return said + "."


def _compare(row: Difference) -> str:
    said = (
        f"{NAMES[row.measure]}: the score ({row.score:.3f}) {_outcome(row)} the best heuristic, "
        f"{row.method} ({row.other:.3f}), difference {row.mean:+.3f}"
    )
    if row.lower is None or row.upper is None:
        return f"{said}; fewer than {FEWEST_DAYS} judged days are too few for an interval."
    return f"{said}, 95 % interval {row.lower:+.3f} to {row.upper:+.3f}."


def _outcome(row: Difference) -> str:
    if row.lower is not None and row.lower > 0:
        return "beats"
    if row.upper is not None and row.upper < 0:
        return "loses to"
    return "cannot be told from"


def _intervals(summary: Summary) -> str:
    if summary.coverage is None:
        return "No score had an interval."
    return (
        f"The {_percent(PROMISED_COVERAGE)} intervals held {_percent(summary.coverage)} "
        f"of what came true, over {summary.judged['with_interval'].sum():,} scores that had one."
    )


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"
