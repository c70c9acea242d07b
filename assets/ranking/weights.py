"""What an event of each type is worth, relative to a LIKE."""

from functools import reduce

import narwhals as nw

from schema.vocabulary import EngagementType

# Hundredths of a LIKE.
WEIGHTS = {
    EngagementType.VIEW: 5,
    EngagementType.CLICK: 80,
    EngagementType.LIKE: 100,
    EngagementType.SAVE: 200,
    EngagementType.SHARE: 300,
    EngagementType.COMMENT: 1_000,
}
# Weights and values are both in hundredths.
UNITS_PER_LIKE = 10_000


def honest_weight() -> nw.Expr:
    """Weight of the row's events, without the coordinated ones, in 1/10,000 of a LIKE."""
    return weight_of_type() * (nw.col("audience_value") - nw.col("coordinated_value"))


def weight_of_type() -> nw.Expr:
    """Weight of the row's `engagement_type`, in hundredths of a LIKE."""
    kind = nw.col("engagement_type")
    return reduce(
        lambda rest, item: nw.when(kind == item[0].value).then(nw.lit(item[1])).otherwise(rest),
        WEIGHTS.items(),
        nw.lit(None, nw.Int64),
    )
