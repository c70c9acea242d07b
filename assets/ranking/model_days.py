"""The model in force on each day: chosen once, kept, and carried from day to day."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

import polars as pl

from assets.ranking.candidates import LOOKBACK_DAYS, SOURCES, RankingTables
from assets.ranking.examples import MOST_DAYS, NOTHING, Past, collect_examples
from assets.ranking.promotion import Choice, choose_model
from assets.ranking.score_model import PRIOR, ScoreModel
from assets.ranking.training import may_suffice
from assets.resources.engine import run
from assets.resources.published import Published
from assets.resources.whole_days import was_whole
from schema.tables.columns import Contract, polars_schema
from schema.tables.engagement_models import EngagementModels, Verdict
from schema.tables.follows import Follows
from schema.tables.post_audience_daily import PostAudienceDaily
from schema.tables.post_engagement_daily import PostEngagementDaily
from schema.tables.post_engagement_hourly import PostEngagementHourly
from schema.tables.post_states import PostStates
from schema.windows import ONE_DAY, DayRange

TABLE = "engagement_models"
# What ranking reads, in the order of `RankingTables`.
INPUTS: dict[str, type[Contract]] = {
    "post_engagement_daily": PostEngagementDaily,
    "post_engagement_hourly": PostEngagementHourly,
    "post_audience_daily": PostAudienceDaily,
    "post_states": PostStates,
    "follows": Follows,
}
# What targets are made of.
TARGETS = "post_engagement_hourly"
# Days before D that its decision may read: the examples, and what the oldest of them looks back on.
DECISION_HISTORY_DAYS = MOST_DAYS + LOOKBACK_DAYS
# A model and its evidence come from everything that tells what posts got, and when.
EVIDENCE = (
    *("model_id", "decided_on", "verdict", "model", "challenger_id", "examples", "positives"),
    *(
        f"{whose}_{measure}"
        for whose in ("challenger", "champion", "prior")
        for measure in ("ndcg", "spearman", "deviance")
    ),
)
SOURCES_OF_COLUMNS = dict.fromkeys(EVIDENCE, SOURCES)


@dataclass(frozen=True, slots=True)
class Decision:
    """A row of `engagement_models`, read back."""

    day: date
    decided_on: date
    verdict: Verdict
    model: ScoreModel


@dataclass(frozen=True, slots=True)
class ModelDays:
    """Chooses models, and finds the ones that were chosen."""

    published: Published
    first_day: date
    known: dict[date, ScoreModel] = field(default_factory=dict)
    # Decisions of a run follow each other: of nine weeks of examples, eight were those before.
    made: dict[tuple[date, date], pl.DataFrame] = field(default_factory=dict)

    def decide(self, days: Sequence[date]) -> pl.DataFrame:
        """Rows of `engagement_models`, oldest first; a day that has one keeps it."""
        rows: list[dict[str, object]] = []
        standing = self._before(days[0])
        for day in days:
            if kept := self._published(day):
                standing = kept
                rows.append(self._row(day))
            elif standing is None or _is_due(standing, day):
                champion = standing.model if standing else PRIOR
                choice = self._choose(champion, day)
                standing = Decision(day, day, choice.verdict, choice.model)
                rows.append(_row(standing) | choice.evidence)
            else:
                standing = replace(standing, day=day)
                rows.append(_row(standing))
        return pl.DataFrame(rows, schema=polars_schema(EngagementModels))

    def in_force(self, days: DayRange) -> dict[date, ScoreModel]:
        """The model of each day; a day before the first choice takes the first."""
        known = {day: found for day in days if (found := self._published(day))}
        if not known:
            return dict.fromkeys(days, PRIOR)
        first = known[min(known)]
        return {day: known.get(day, first).model for day in days}

    def tables(self, days: DayRange) -> RankingTables:
        """What ranking reads of these days."""
        scans = (self.published.scan(table, kind, days) for table, kind in INPUTS.items())
        return RankingTables(*scans)

    def past(self, held: DayRange) -> Past:
        """What examples are made of."""
        touched, eventful = (
            {day: self._rows(table, day) for day in held} for table in ("post_states", TARGETS)
        )
        lazy = self.published.engine.lazy
        return Past(self.tables(held), held, touched, eventful, lazy, self.made)

    def _choose(self, champion: ScoreModel, day: date) -> Choice:
        """Hold the contest; examples, which take seconds, are made where they can matter."""
        past = self.past(self._held(day))
        is_enough = may_suffice(past.rows_after)
        examples = collect_examples(past) if is_enough else pl.DataFrame(schema=NOTHING)
        return choose_model(champion, examples, day=day)

    def _rows(self, table: str, day: date) -> int:
        manifest = self.published.lake.manifest(table, day)
        return manifest.rows if manifest else 0

    def _held(self, day: date) -> DayRange:
        """The days that end with this one, as far back as the lake has them all.

        A day that had not ended when it was read is no target yet; an earlier one is as good as
        missing.
        """
        oldest = day - timedelta(days=DECISION_HISTORY_DAYS)
        wanted = DayRange(max(oldest, self.first_day), day)
        lake = self.published.lake
        gaps = [gap for table in INPUTS for gap in lake.missing_days(table, wanted)]
        gaps += [cut for cut in wanted if cut < day and not was_whole(lake, cut)]
        first = max(gaps) + ONE_DAY if gaps else wanted.first
        # A lake that begins with such a day holds nothing else: one day is no example.
        return DayRange(first, max(first, day if was_whole(lake, day) else day - ONE_DAY))

    def _before(self, day: date) -> Decision | None:
        """The newest decision before a day, however long ago."""
        earlier = [known for known in self.published.lake.published_days(TABLE) if known < day]
        return self._published(earlier[-1]) if earlier else None

    def _published(self, day: date) -> Decision | None:
        if self.published.lake.manifest(TABLE, day) is None:
            return None
        row = self._row(day)
        return Decision(
            day, row["decided_on"], Verdict(row["verdict"]), self._model(row["decided_on"])
        )

    def _model(self, day: date) -> ScoreModel:
        if day not in self.known:
            self.known[day] = ScoreModel.from_json(self._row(day)["model"])
        return self.known[day]

    def _row(self, day: date) -> dict[str, Any]:
        return run(self.published.scan(TABLE, EngagementModels, [day])).row(0, named=True)


def _is_due(standing: Decision, day: date) -> bool:
    """From the next Monday on; at once after too little to learn from, or by another recipe."""
    monday = standing.decided_on + timedelta(days=7 - standing.decided_on.weekday())
    is_settled = standing.verdict != Verdict.TOO_LITTLE and standing.model.is_current
    return day >= monday or not is_settled


def _row(decision: Decision) -> dict[str, object]:
    is_choice = decision.decided_on == decision.day
    return {
        "date": decision.day,
        "model_id": decision.model.model_id,
        "decided_on": decision.decided_on,
        "verdict": decision.verdict.value if is_choice else Verdict.CARRIED.value,
        "model": decision.model.to_json() if is_choice else None,
    }
