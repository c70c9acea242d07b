"""What each score is made of: parts that sum exactly to it."""

import numpy as np
import polars as pl

from assets.ranking import post_scores
from assets.ranking.exact_parts import round_to_sum
from assets.ranking.features import (
    AUDIENCE,
    AUTHOR,
    EARLIER,
    FORMAT,
    PLATFORM,
    RECENT,
    TIMING,
    build_features,
)
from assets.ranking.logarithmic_mean import logarithmic_mean
from assets.ranking.post_scores import in_likes
from assets.ranking.score_model import LEAST_PRIOR, Numbers, ScoreModel
from assets.ranking.weights import UNITS_PER_LIKE
from schema.tables.columns import conform, polars_schema
from schema.tables.post_scores import MAX_SCORE
from schema.tables.score_receipts import ScorePart, ScoreReceipts

# Parts of more than a score can be would not fit; what rounding moves still has to.
MOST_LIKES = float(MAX_SCORE) - 1

# Which columns make up each column; the day comes from the partition.
SOURCES = {
    "post_id": ["post_states.id"],
    "contribution": post_scores.LEARNED,
}

LEARNED = {
    ScorePart.LEARNED_RECENT: RECENT,
    ScorePart.LEARNED_EARLIER: EARLIER,
    ScorePart.LEARNED_TIMING: TIMING,
    ScorePart.LEARNED_AUTHOR: AUTHOR,
    ScorePart.LEARNED_AUDIENCE: AUDIENCE,
    ScorePart.LEARNED_FORMAT: FORMAT,
    ScorePart.LEARNED_PLATFORM: PLATFORM,
}


def write_receipts(
    candidates: pl.DataFrame, model: ScoreModel, explained: pl.DataFrame
) -> pl.DataFrame:
    """Rows of `score_receipts` for those posts of one day's candidates that `explained` names.

    All candidates of the day are needed: an author's history is in the other posts.
    """
    features = build_features(candidates).join(
        explained.select("post_id"), on="post_id", how="semi", maintain_order="left"
    )
    if features.is_empty():
        return pl.DataFrame(schema=polars_schema(ScoreReceipts))
    scores = model.score(features)
    hundredths = round_to_sum(_parts(features, model, scores / 100), scores)
    columns = [in_likes(part.value, hundredths[:, place]) for place, part in enumerate(ScorePart)]
    rows = features.select("date", "post_id").with_columns(columns)
    long = rows.unpivot(index=["date", "post_id"], variable_name="part", value_name="contribution")
    told = long.filter(pl.col("contribution") != 0).sort("date", "post_id", "part")
    return conform(told, ScoreReceipts)


def _parts(features: pl.DataFrame, model: ScoreModel, scores: Numbers) -> Numbers:
    """One column per part, in the order of `ScorePart`; what is left over is ties and rounding."""
    parts = dict.fromkeys(ScorePart, np.zeros(features.height))
    parts |= _plain_parts(features) | _learned_parts(features, model)
    columns = _within_their_column(np.column_stack([parts[part] for part in ScorePart]))
    columns[:, list(ScorePart).index(ScorePart.ROUNDING)] = scores - columns.sum(axis=1)
    return columns


def _within_their_column(columns: Numbers) -> Numbers:
    """Parts of which none is larger than a score can be: those of such a post are all scaled."""
    ends = [columns.clip(0).sum(axis=1), -columns.clip(max=0).sum(axis=1)]
    shrunken: Numbers = columns / np.maximum(np.max(ends, axis=0) / MOST_LIKES, 1)[:, np.newaxis]
    return shrunken


def _plain_parts(features: pl.DataFrame) -> dict[ScorePart, Numbers]:
    """Parts of the prior, which sum to it; what was set aside is shown, and taken off again."""
    of_day = pl.col("coordinated_weight_day").clip(0) / UNITS_PER_LIKE
    earlier = (pl.col("coordinated_weight") - pl.col("coordinated_weight_day")).clip(0)
    set_aside_day = of_day * pl.col("per_like_of_day")
    set_aside_earlier = earlier / UNITS_PER_LIKE * pl.col("per_like_earlier")
    columns = features.select(
        author="prior_author",
        last_day=pl.col("prior_day") + set_aside_day,
        earlier=pl.col("prior_earlier") + set_aside_earlier,
        coordinated=-(set_aside_day + set_aside_earlier),
    )
    names = (ScorePart.AUTHOR, ScorePart.LAST_DAY, ScorePart.EARLIER, ScorePart.COORDINATED)
    return dict(zip(names, columns.to_numpy().T, strict=True))


def _learned_parts(features: pl.DataFrame, model: ScoreModel) -> dict[ScorePart, Numbers]:
    """What the correction adds to the prior, by group of features.

    The correction is a product; its logarithm is a sum. Each summand is worth itself times the
    logarithmic mean of what is corrected and what comes out: the worths sum to the difference.
    """
    plain = features["prior"].to_numpy()
    if not model.boosters:
        return {ScorePart.LEARNED_PLATFORM: model.expect(features) - plain}
    before, after = np.maximum(plain, LEAST_PRIOR), model.expect(features)
    summands = model.learned_parts(features)
    worth = logarithmic_mean(before, after)
    parts = {
        part: worth * summands[:, _places(names, model)].sum(axis=1)
        for part, names in LEARNED.items()
    }
    constant = summands[:, -1] + np.log(model.scale)
    parts[ScorePart.LEARNED_PLATFORM] += worth * constant
    return parts


def _places(names: list[str], model: ScoreModel) -> list[int]:
    """Where the features stand that the model knows: one of an older recipe may lack some."""
    return [model.features.index(name) for name in names if name in model.features]
