"""Score and rank days: everything that is published about posts' ranks."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import polars as pl

from assets.partitions import with_history
from assets.ranking import highlighted_posts, popular_posts, post_scores, receipts
from assets.ranking.candidates import collect_candidates
from assets.ranking.highlighted_posts import highlight_posts
from assets.ranking.live_posts import count_live_posts
from assets.ranking.model_days import ModelDays
from assets.ranking.popular_posts import SCORES_LOOKBACK_DAYS, rank_popular_posts
from assets.ranking.post_scores import score_posts
from assets.ranking.receipts import write_receipts
from assets.ranking.score_model import ScoreModel
from assets.resources.engine import collect
from assets.resources.publishing import Output
from schema.tables.columns import ColumnSources, Contract, polars_schema
from schema.tables.highlighted_posts import HighlightedPosts
from schema.tables.popular_posts import PopularPosts
from schema.tables.post_scores import PostScores
from schema.tables.post_states import PostStates
from schema.tables.score_receipts import ScoreReceipts
from schema.windows import ONE_DAY, DayRange

RANKINGS: dict[str, type[Contract]] = {
    "post_scores": PostScores,
    "popular_posts": PopularPosts,
    "highlighted_posts": HighlightedPosts,
    "score_receipts": ScoreReceipts,
}
SOURCES_OF_COLUMNS: dict[str, ColumnSources] = {
    "post_scores": post_scores.SOURCES,
    "popular_posts": popular_posts.SOURCES,
    "highlighted_posts": highlighted_posts.SOURCES,
    "score_receipts": receipts.SOURCES,
}
# Candidates in memory at a time, with all their features: about 3 KB each.
MOST_CANDIDATES = 300_000
MOST_DAYS = 14


@dataclass(frozen=True, slots=True)
class RankedDays:
    """Computes the rankings of days from the rollups and the models in force."""

    models: ModelDays
    first_day: date

    def chunks(self, days: DayRange) -> Iterator[DayRange]:
        """As many days at a time as fit in memory, by the posts that are live in each of them."""
        first = days.first
        while first <= days.last:
            most = DayRange(first, min(days.last, first + (MOST_DAYS - 1) * ONE_DAY))
            last = self._last_that_fits(most)
            yield DayRange(first, last)
            first = last + ONE_DAY

    def _last_that_fits(self, days: DayRange) -> date:
        touched = self._touched(with_history(days, first_day=self.first_day))
        windows = {day: with_history(DayRange(day, day), first_day=self.first_day) for day in days}
        # What no day's live posts exceed: every touch in the window, as if each were a post.
        most = {day: sum(touched[earlier] for earlier in windows[day]) for day in days}
        if len(days) == 1 or sum(most.values()) <= MOST_CANDIDATES:
            return days.last
        candidates, live = 0, self._count_live_posts(windows[days.first])
        for day in days:
            live += touched[day] if day > days.first else 0
            candidates += min(most[day], live)
            if candidates > MOST_CANDIDATES and day > days.first:
                return day - ONE_DAY
        return days.last

    def _touched(self, days: DayRange) -> dict[date, int]:
        """Rows of `post_states` per day."""
        manifests = {day: self.models.published.lake.manifest("post_states", day) for day in days}
        return {day: manifest.rows if manifest else 0 for day, manifest in manifests.items()}

    def _count_live_posts(self, window: DayRange) -> int:
        states = self.models.published.scan("post_states", PostStates, window)
        return count_live_posts(states, day=window.last, width=len(window))

    def rank(self, days: DayRange) -> list[Output]:
        """The tables of the days, which depend on models and rollups alone: never on former runs.

        Raises:
            MissingPartitionError: a day of the history has not been published.
        """
        with_day_before = days.preceded_by(SCORES_LOOKBACK_DAYS)
        tables = self.models.tables(with_history(days, first_day=self.first_day))
        candidates = collect_candidates(tables, days=with_day_before)
        models = self.models.in_force(with_day_before)
        # The day before is there to tell how the popular posts moved.
        day_before = [day for day in with_day_before if day not in days]
        scores = score_posts(candidates, models, young_only=day_before)
        lazy_scores = self.models.published.engine.lazy(scores)
        states = tables.post_states
        popular = collect(rank_popular_posts(lazy_scores, states, days=days), PopularPosts)
        highlighted = collect(highlight_posts(lazy_scores, states, days=days), HighlightedPosts)
        frames = {
            "post_scores": scores.filter(pl.col("date") >= days.first),
            "popular_posts": popular,
            "highlighted_posts": highlighted,
            "score_receipts": _receipts(candidates, models, popular),
        }
        return [Output(table, RANKINGS[table], frame) for table, frame in frames.items()]

    def receipt(self, post_id: bytes, day: date) -> pl.DataFrame:
        """Rows of `score_receipts` for one post of one day, popular or not.

        Raises:
            MissingPartitionError: a day of the history has not been published.
        """
        today = DayRange(day, day)
        tables = self.models.tables(with_history(today, first_day=self.first_day))
        candidates = collect_candidates(tables, days=today)
        model = self.models.in_force(today)[day]
        return write_receipts(candidates, model, pl.DataFrame({"post_id": [post_id]}))


def _receipts(
    candidates: pl.DataFrame, models: dict[date, ScoreModel], popular: pl.DataFrame
) -> pl.DataFrame:
    """Receipts of the popular posts of each day."""
    nothing = pl.DataFrame(schema=polars_schema(ScoreReceipts))
    of_days = [
        write_receipts(candidates.filter(pl.col("date") == day), models[day], posts)
        for (day,), posts in popular.partition_by("date", as_dict=True).items()
        if isinstance(day, date)
    ]
    return pl.concat([nothing, *of_days])
