"""The check of the scores: whether they predict at least as well as the best plain heuristic."""

import dagster as dg

from assets.metadata import clear_failures
from assets.ranking.backtest import backtest
from assets.ranking.backtest_summary import Summary, summarize, verdict
from assets.ranking.model_days import TABLE
from assets.resources.clock import utc_today
from assets.resources.published import Published
from pipelines.backtest_days import SeenDays, chosen_days, refuse_days_without_tables
from pipelines.backtesting import read_judged
from pipelines.settings import Settings
from schema.errors import MissingPartitionError, UsageError

MEASURE = "ndcg_100"
NOTHING = "nothing"
ADVICE = (
    "Compare the ages and audiences on the page that `sociallive backtest` writes. A model that "
    "became worse is withdrawn by the next weekly decision; a prior that loses for weeks needs "
    "new weights (docs/decisions/0010-scores.md)."
)


def model_quality_check(settings: Settings) -> dg.AssetChecksDefinition:
    """Build the check; it reads a month of scores and what came after them."""

    @dg.asset_check(
        asset=TABLE,
        name="model_quality",
        description="Over the last 30 days that can be judged, the published scores order posts "
        "at least as well (NDCG@100) as the best of nine plain heuristics. Warns only.",
    )
    def model_quality(published: dg.ResourceParam[Published]) -> dg.AssetCheckResult:
        """Back-test the newest days."""
        seen = SeenDays(published.lake, settings.first_day)
        with clear_failures():
            try:
                days = chosen_days(seen, None, None, today=utc_today())
                refuse_days_without_tables(seen, days)
            except (UsageError, MissingPartitionError) as error:
                return _nothing_to_judge(str(error))
            judged = read_judged(published, days, settings.first_day)
            return quality_result(summarize(backtest(judged), days))

    return model_quality


def quality_result(summary: Summary) -> dg.AssetCheckResult:
    """A warning where the best heuristic is better beyond chance."""
    best = summary.best(MEASURE)
    loses = best is not None and best.upper is not None and best.upper < 0
    sentences = verdict(summary)
    facts: dict[str, float | str] = {
        "days": f"{summary.days.first} to {summary.days.last}",
        "judged_days": summary.judged.height,
        "what_next": ADVICE if loses else NOTHING,
    }
    if best is not None:
        facts |= {"score": best.score, "best_heuristic": best.method, "heuristic": best.other}
    return dg.AssetCheckResult(
        passed=not loses,
        severity=dg.AssetCheckSeverity.WARN,
        description=" ".join(sentences),
        metadata=facts,
    )


def _nothing_to_judge(reason: str) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        passed=True,
        severity=dg.AssetCheckSeverity.WARN,
        description=f"Nothing to judge yet: {reason}",
        metadata={"judged_days": 0, "what_next": NOTHING},
    )
