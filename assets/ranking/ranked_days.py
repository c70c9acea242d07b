"""Score and rank days: everything that is published about posts' ranks."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import polars as pl

from assets.partitions import with_history
from assets.ranking import highlighted_posts, popular_posts, post_scores, receipts
from assets.ranking.candidates import collect_candidates
from assets.ranking.highlighted_posts import highlight_posts
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
# Candidates in memory at a time, with all their features: about 1 KB each.
MOST_CANDIDATES = 500_000
MOST_DAYS = 14


@dataclass(frozen=True, slots=True)
class RankedDays:
    """Computes the rankings of days from the rollups and the models in force."""

    models: ModelDays
    first_day: date

    def chunks(self, days: DayRange) -> Iterator[DayRange]:
        """As many days at a time as fit in memory, by the posts that each of them looks back on."""
        lake, history = self.models.published.lake, with_history(days, first_day=self.first_day)
        manifests = {day: lake.manifest("post_states", day) for day in history}
        posts = {day: manifest.rows for day, manifest in manifests.items() if manifest}
        first, candidates = days.first, 0
        for day in days:
            looked_back_on = with_history(DayRange(day, day), first_day=self.first_day)
            of_day = sum(posts.get(earlier, 0) for earlier in looked_back_on)
            is_full = candidates + of_day > MOST_CANDIDATES or (day - first).days == MOST_DAYS
            if is_full and first < day:
                yield DayRange(first, day - ONE_DAY)
                first, candidates = day, 0
            candidates += of_day
        yield DayRange(first, days.last)

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
