"""How well published scores predict, day by day, beside heuristics and per kind of post."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import polars as pl

from assets.ranking.backtest_inputs import in_likes
from assets.ranking.heuristics import HEURISTICS
from assets.ranking.rank_measures import (
    Values,
    coverage,
    kendall,
    msle,
    ndcg,
    share_of_ties,
    spearman,
)
from schema.tables.post_scores import PRIOR_ID

SCORE, PRIOR = "score", "prior"
# Methods in the unit of the target; the others put posts in order only.
EXPECTATIONS = (SCORE, PRIOR)
METHODS = (SCORE, PRIOR, *(heuristic.name for heuristic in HEURISTICS))
PLACES = (10, 100, 1_000)
MEASURES = ("spearman", "kendall", *(f"ndcg_{places}" for places in PLACES), "msle")
# Among fewer posts there is hardly an order to be found.
FEWEST_POSTS = 3
EVERYTHING = "all posts"


class Kind(StrEnum):
    """What the posts of a slice have in common."""

    ALL = "all"
    AGE = "age"
    AUTHOR = "author"


# Upper ends in hours; the last band is open.
AGE_BANDS = {"under 6 h": 6, "6 to 24 h": 24, "1 to 3 days": 72, "3 to 7 days": None}
# Upper ends as the share of the day's authors with engagement that are at most as large.
AUTHOR_BANDS = {"lower half": 0.5, "upper half": 0.9, "top tenth": None}
NO_AUDIENCE = "none"
SLICES = {
    Kind.ALL: (EVERYTHING,),
    Kind.AGE: tuple(AGE_BANDS),
    Kind.AUTHOR: (NO_AUDIENCE, *AUTHOR_BANDS),
}

RESULTS = {
    "date": pl.Date(),
    "kind": pl.String(),
    "slice": pl.String(),
    "method": pl.String(),
    "posts": pl.Int64(),
    **dict.fromkeys(MEASURES, pl.Float64()),
    "with_interval": pl.Int64(),
    "coverage": pl.Float64(),
}
DAYS = {
    "date": pl.Date(),
    "posts": pl.Int64(),
    "is_judged": pl.Boolean(),
    "got_nothing": pl.Float64(),
    "ties": pl.Float64(),
    "learned": pl.Float64(),
    "with_interval": pl.Int64(),
    "coverage": pl.Float64(),
}


@dataclass(frozen=True, slots=True)
class Backtest:
    """One row per day, kind, slice and method in `results`; per day in `days`, judged or not."""

    results: pl.DataFrame
    days: pl.DataFrame


def backtest(judged: Iterable[pl.DataFrame]) -> Backtest:
    """Judge the days of collected `judged_posts`, some whole days a frame, one frame at a time."""
    parts = [judge_days(frame) for frame in judged]
    return Backtest(
        pl.concat([pl.DataFrame(schema=RESULTS), *(part.results for part in parts)]).sort(
            "date", maintain_order=True
        ),
        pl.concat([pl.DataFrame(schema=DAYS), *(part.days for part in parts)]).sort("date"),
    )


def judge_days(judged: pl.DataFrame) -> Backtest:
    """Judge whole days; a day on which nothing could be put in order is described only."""
    posts = with_predictions(judged).sort("date", "post_id")
    by_day = posts.partition_by("date", maintain_order=True)
    days = [describe_day(day) for day in by_day]
    results = [row for day in by_day for row in judge_slices(day)]
    return Backtest(
        pl.DataFrame(results, schema=RESULTS, orient="row"),
        pl.DataFrame(days, schema=DAYS, orient="row"),
    )


def with_predictions(judged: pl.DataFrame) -> pl.DataFrame:
    """Add a column per method, and the band of each post per kind of slice."""
    heuristics = {heuristic.name: heuristic.expression for heuristic in HEURISTICS}
    posts = in_likes(judged).with_columns(
        pl.col("engagement_score").alias(SCORE), pl.col("prior_score").alias(PRIOR), **heuristics
    )
    return posts.join(author_sizes(posts), on=["date", "author_id"]).with_columns(
        pl.lit(EVERYTHING).alias(Kind.ALL), band(pl.col("age_s") / 3_600, AGE_BANDS).alias(Kind.AGE)
    )


def author_sizes(posts: pl.DataFrame) -> pl.DataFrame:
    """Band of each author among the day's: by what all of their posts got in the 30 days."""
    authors = posts.select("date", "author_id", "author_weighted").unique()
    weight = pl.col("author_weighted")
    has_audience = weight > 0
    place = pl.when(has_audience).then(weight).rank("average").over("date")
    # Authors of one size share the middle of their places, and so a band.
    share = (place - 0.5) / has_audience.sum().over("date")
    sizes = pl.when(has_audience).then(band(share, AUTHOR_BANDS)).otherwise(pl.lit(NO_AUDIENCE))
    return authors.select("date", "author_id", sizes.alias(Kind.AUTHOR))


def band(value: pl.Expr, ends: dict[str, int | None] | dict[str, float | None]) -> pl.Expr:
    """Name of the first band that ends above the value."""
    names = list(ends)
    chosen = pl.lit(names[-1])
    for name in reversed(names[:-1]):
        chosen = pl.when(value < ends[name]).then(pl.lit(name)).otherwise(chosen)
    return chosen


def describe_day(posts: pl.DataFrame) -> tuple[object, ...]:
    """Say of one day what decides whether, and how, it can be judged."""
    target, score = _values(posts, "target"), _values(posts, SCORE)
    return (
        posts["date"][0],
        posts.height,
        can_be_judged(posts),
        float((target == 0).mean()),
        share_of_ties(score),
        float((posts["model_id"] != PRIOR_ID).to_numpy().mean()),
        *within_interval(posts),
    )


def within_interval(posts: pl.DataFrame) -> tuple[int, float | None]:
    """Number of scores that have an interval, and the share of these that held what came true."""
    lower, upper = _values(posts, "lower_score"), _values(posts, "upper_score")
    return int((~np.isnan(lower)).sum()), coverage(_values(posts, "target"), lower, upper)


def can_be_judged(posts: pl.DataFrame) -> bool:
    """Whether there is an order to be found: some posts, one of which got something."""
    return posts.height >= FEWEST_POSTS and bool((posts["target"] > 0).any())


def judge_slices(posts: pl.DataFrame) -> Iterator[tuple[object, ...]]:
    """Judge every method on every slice of one day that has an order to be found."""
    if not can_be_judged(posts):
        return
    for kind, names in SLICES.items():
        for name in names:
            chosen = posts.filter(pl.col(kind) == name)
            if can_be_judged(chosen):
                yield from judge_methods(chosen, kind, name)


def judge_methods(posts: pl.DataFrame, kind: Kind, name: str) -> Iterator[tuple[object, ...]]:
    """Judge every method on one slice of one day."""
    target = _values(posts, "target")
    for method in METHODS:
        measures = measure(target, _values(posts, method), is_expectation=method in EXPECTATIONS)
        held = within_interval(posts) if method == SCORE else (0, None)
        yield (posts["date"][0], kind.value, name, method, posts.height, *measures, *held)


def measure(
    target: Values, prediction: Values, *, is_expectation: bool
) -> tuple[float | None, ...]:
    """All measures, in the order of `MEASURES`."""
    return (
        spearman(target, prediction),
        kendall(target, prediction),
        *(ndcg(target, prediction, places=places) for places in PLACES),
        msle(target, prediction) if is_expectation else None,
    )


def _values(posts: pl.DataFrame, name: str) -> Values:
    return posts[name].cast(pl.Float64).fill_null(float("nan")).to_numpy()
