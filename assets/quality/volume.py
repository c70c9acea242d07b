"""Judges how much a day holds by the same weekday of the weeks before, robustly.

The band is as wide as the widest of four reasons for a difference that is none: the usual spread of
that weekday, the noise of counting, a share of the usual, and an amount that nobody acts on.
Median and MAD, unlike mean and deviation, are not moved by the outliers of the past.
"""

from collections.abc import Mapping
from enum import StrEnum

import polars as pl

from schema.windows import DayRange

# The past that is compared: recent enough to follow growth, and one more outlier changes little.
WEEKS = 8
# Half of the weeks: the median of fewer is one outlier away from any value.
LEAST_WEEKS = 4
# 1.4826 MADs estimate a normal deviation; beyond 3.5 of these Iglewicz and Hoaglin (1993) call a
# value an outlier.
WIDTH_IN_MADS = 3.5 * 1.4826
# Counts vary by their root where events come alone; here one popular post brings hundreds: days of
# generated platforms differ by 2 to 6 roots as a rule, and one in a hundred by more than 20.
WIDTH_IN_ROOTS = 20
# Growth and campaigns bring up to three times the usual on top of it, four times in all; nothing
# healthy halves a large day.
SHARE_ABOVE = 3.0
SHARE_BELOW = 0.5
# A hundred events more or fewer are nobody's emergency: a quiet platform has such days every week.
WIDTH_IN_EVENTS = 100


class Verdict(StrEnum):
    """What a day looks like beside its past."""

    USUAL = "usual"
    UNUSUALLY_MANY = "unusually many"
    UNUSUALLY_FEW = "unusually few"
    TOO_LITTLE_HISTORY = "too little history"


UNUSUAL = (Verdict.UNUSUALLY_MANY, Verdict.UNUSUALLY_FEW)


def judge_volumes(
    volumes: pl.DataFrame, days: DayRange, *, event_sizes: Mapping[str, int] | None = None
) -> pl.DataFrame:
    """Judge the days of every series; other days of the frame are their past only.

    `volumes` has one row per (series, date): `amount` in whole units, and `is_final`, false where
    the day may still grow (null counts as true), which is never called few. `event_sizes` has the
    amount of one large event where that is not 1. The past of a series begins with its first
    amount above 0: nothing is not what is usual before there was anything.

    Columns of the result: those of `volumes`; `weeks`, days compared with; `median` and `mad` of
    their amounts, exact in halves and quarters; `usual_from` and `usual_to`, the band, both
    included; `verdict`. Null where the past has no such day. Sorted by series and date.
    """
    judged = volumes.filter(pl.col("date").is_between(days.first, days.last))
    event_size = pl.col("series").replace_strict(
        event_sizes or {}, default=1, return_dtype=pl.Int64
    )
    return (
        judged.join(_pasts(judged, volumes), on=["series", "date"], how="left")
        .with_columns(pl.col("weeks").fill_null(0))
        .with_columns(usual_from=_usual_from(event_size), usual_to=_usual_to(event_size))
        .with_columns(verdict=_verdict())
        .drop("least")
        .sort("series", "date")
    )


def _pasts(judged: pl.DataFrame, volumes: pl.DataFrame) -> pl.DataFrame:
    """Figures of the same weekday in the weeks before, per series and day that has any."""
    began = pl.col("date").filter(pl.col("amount") > 0).min().over("series")
    past = volumes.filter(pl.col("date") >= began).select("series", "amount", past="date")
    weeks = pl.DataFrame({"week": range(1, WEEKS + 1)})
    amount = pl.col("amount")
    return (
        judged.select("series", "date")
        .join(weeks, how="cross")
        .with_columns(past=pl.col("date") - pl.duration(weeks="week"))
        .join(past, on=["series", "past"])
        .group_by("series", "date")
        .agg(
            weeks=pl.len(),
            median=amount.median(),
            mad=(amount - amount.median()).abs().median(),
            least=amount.min(),
        )
    )


def _width(event_size: pl.Expr, *, share: float) -> pl.Expr:
    """How far an amount may lie from the median, on the side with that share of it."""
    median = pl.col("median")
    return pl.max_horizontal(
        WIDTH_IN_MADS * pl.col("mad"),
        WIDTH_IN_ROOTS * (median * event_size).sqrt(),
        share * median,
        WIDTH_IN_EVENTS * event_size,
    )


def _usual_from(event_size: pl.Expr) -> pl.Expr:
    """Lowest usual amount; however much a busy weekday varies, nothing at all is not usual."""
    width = _width(event_size, share=SHARE_BELOW)
    lowest = (pl.col("median") - width).ceil().cast(pl.Int64)
    is_never_quiet = pl.col("least") >= WIDTH_IN_EVENTS * event_size
    return pl.max_horizontal(lowest, is_never_quiet.cast(pl.Int64))


def _usual_to(event_size: pl.Expr) -> pl.Expr:
    width = _width(event_size, share=SHARE_ABOVE)
    return (pl.col("median") + width).floor().cast(pl.Int64)


def _verdict() -> pl.Expr:
    amount = pl.col("amount")
    may_grow = ~pl.col("is_final").fill_null(value=True)
    return (
        pl.when(pl.col("weeks") < LEAST_WEEKS)
        .then(pl.lit(Verdict.TOO_LITTLE_HISTORY.value))
        .when(amount > pl.col("usual_to"))
        .then(pl.lit(Verdict.UNUSUALLY_MANY.value))
        .when((amount < pl.col("usual_from")) & ~may_grow)
        .then(pl.lit(Verdict.UNUSUALLY_FEW.value))
        .otherwise(pl.lit(Verdict.USUAL.value))
        .cast(pl.Enum(Verdict))
    )
