"""What a model is told about a post at the end of a day, from its raw numbers of that day."""

from collections.abc import Iterable, Iterator

import polars as pl

from assets.ranking.authors import with_author_history
from assets.ranking.candidates import without_last_day
from assets.ranking.engagement_shape import (
    BINS,
    BINS_OF_DAY,
    HOURS_OF_DAY,
    KINDS,
    events_name,
    kind_name,
    weight_name,
)
from assets.ranking.lifetime import share_of_next_day
from assets.ranking.prior import with_prior
from assets.ranking.rates import RATE_PRIORS, with_engagement_rates, with_rate_priors
from assets.ranking.weights import UNITS_PER_LIKE
from schema.vocabulary import MediaType, Visibility

HALF_LIVES = (3, 12, 48)
DECAY_SCALE = 1 << 20
TOTALS_HOURS = [1, 3, 6, 24, 72, 168]
MEDIA = {kind.value: code for code, kind in enumerate(MediaType, start=1)}
VISIBILITIES = {kind.value: code for code, kind in enumerate(Visibility, start=1)}

RECENT = [
    *(f"weight_last_{hours}h" for hours in TOTALS_HOURS if hours <= HOURS_OF_DAY),
    *(f"events_last_{hours}h" for hours in TOTALS_HOURS if hours <= HOURS_OF_DAY),
    *(kind_name(kind, of_day=True) for kind in KINDS),
    *(f"intensity_{half_life}h" for half_life in HALF_LIVES),
    "hours_since_last",
    "velocity",
    "acceleration",
]
EARLIER = [
    *(f"weight_last_{hours}h" for hours in TOTALS_HOURS if hours > HOURS_OF_DAY),
    *(kind_name(kind, of_day=False) for kind in KINDS),
    "weight",
    "weight_day_before",
    "decay",
    "pace",
]
TIMING = ["age_hours", "share_of_next_day", "posted_hour", "posted_weekday", "weekday"]
AUTHOR = [
    "author_lifetime",
    "author_spread",
    "author_posts",
    "author_posts_week",
    "author_weight_day",
    "author_hours_since_last",
    "followers_gained",
]
AUDIENCE = ["accounts_day", "accounts_all", "engagement_rate_day", "engagement_rate", "events_each"]
FORMAT = ["media", "visibility_code"]
CONTEXT = ["platform_lifetime", "platform_trend"]
# The plain estimate stands here: what it is corrected by is how such estimates turned out.
PLATFORM = [*CONTEXT, "prior"]
FEATURES = [*RECENT, *EARLIER, *TIMING, *AUTHOR, *AUDIENCE, *FORMAT, *PLATFORM]


def build_features(candidates: pl.DataFrame) -> pl.DataFrame:
    """Add every feature and the prior to the candidates; all posts of a date in one pass.

    Weights become LIKEs. Nothing but the candidates' own rows is looked at, so that a date's
    features never depend on later days.
    """
    counted = candidates.with_columns(*_totals(), *_timing())
    known = with_rate_priors(with_author_history(counted))
    return _finish(known.with_columns(_platform_trend()))


def build_idle_features(candidates: pl.DataFrame, features: pl.DataFrame) -> pl.DataFrame:
    """The features of each post, had nobody engaged with it on the day; all others as they are.

    Any posts with their features, row by row: what depends on other posts is taken from those.
    """
    counted = without_last_day(candidates).with_columns(*_totals(), *_timing())
    return _finish(counted.with_columns(features.select(*AUTHOR, *CONTEXT, *RATE_PRIORS)))


def _finish(posts: pl.DataFrame) -> pl.DataFrame:
    return with_engagement_rates(with_prior(posts)).with_columns(*_shape(), *_format())


def _totals() -> Iterator[pl.Expr]:
    # Summed as integers: the last digit of a sum of floats across columns depends on how threads
    # share the columns out, and each run would learn from others.
    weights = {hours: pl.col(weight_name(hours)) for hours in BINS}
    for until in TOTALS_HOURS:
        within = [hours for hours in BINS if hours[1] <= until]
        yield _likes(weights[hours] for hours in within).alias(f"weight_last_{until}h")
        if until <= HOURS_OF_DAY:
            events = [pl.col(events_name(hours)) for hours in within]
            yield pl.sum_horizontal(events).alias(f"events_last_{until}h")
    yield _likes(weights.values()).alias("weight")
    yield _likes(weights[hours] for hours in BINS_OF_DAY).alias("weight_day")
    yield _likes([weights[24, 48]]).alias("weight_day_before")
    for half_life in HALF_LIVES:
        left = {hours: round(DECAY_SCALE * 0.5 ** (sum(hours) / 2 / half_life)) for hours in BINS}
        # Of 128 bits: 64 hold no more than a post's weight, times the scale they would wrap.
        wide = (weights[hours].cast(pl.Int128) * left[hours] for hours in BINS)
        yield (_likes(wide) / DECAY_SCALE).alias(f"intensity_{half_life}h")


def _likes(weights: Iterable[pl.Expr]) -> pl.Expr:
    return pl.sum_horizontal(weights).cast(pl.Float64) / UNITS_PER_LIKE


def _timing() -> Iterator[pl.Expr]:
    age = (pl.col("ends_at") - pl.col("created_at")).dt.total_seconds() / 3600
    yield age.alias("age_hours")
    yield share_of_next_day(age).alias("share_of_next_day")
    yield pl.col("created_at").dt.hour().alias("posted_hour")
    yield pl.col("created_at").dt.weekday().alias("posted_weekday")
    yield pl.col("date").dt.weekday().alias("weekday")


def _shape() -> Iterator[pl.Expr]:
    hours_of_day = pl.min_horizontal(pl.col("age_hours").clip(1), pl.lit(float(HOURS_OF_DAY)))
    velocity = pl.col("weight_day") / hours_of_day
    yield velocity.alias("velocity")
    yield (pl.col("weight_last_6h") / hours_of_day.clip(1, 6) - velocity).alias("acceleration")
    day, before = (pl.col(name).clip(0) for name in ("weight_day", "weight_day_before"))
    yield ((day + 0.1) / (before + 0.1)).alias("decay")
    yield ((pl.col("weight") + 1) / (pl.col("age_hours").clip(0, 720) + 2)).alias("pace")
    events = pl.sum_horizontal(kind_name(kind, of_day=False) for kind in KINDS)
    accounts = pl.col("accounts_all")
    # Accounts of a burst are set aside whole, but what else they did is not.
    yield pl.when(accounts > 0).then(events / accounts).alias("events_each")


def _format() -> Iterator[pl.Expr]:
    yield (
        pl.col("media_type").replace_strict(MEDIA, default=0, return_dtype=pl.Int64).alias("media")
    )
    codes = pl.col("visibility").replace_strict(VISIBILITIES, default=0, return_dtype=pl.Int64)
    yield codes.alias("visibility_code")


def _platform_trend() -> pl.Expr:
    """How lively the day was, against the week that it ends."""
    day, week = (pl.col(name).sum().over("date") for name in ("weight_day", "weight_last_168h"))
    return pl.when(week > 0).then(day * 7 / week).alias("platform_trend")
