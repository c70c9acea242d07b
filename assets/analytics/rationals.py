"""Metric values as exact fractions of integers until the one step that rounds them."""

from decimal import Decimal

import narwhals as nw

from assets.analytics.rows import Rows

VALUE_DECIMALS = 4
# Wide enough for any whole Int64: what the published column holds is asked later.
EXACT_TYPE = nw.Decimal(23, VALUE_DECIMALS)
SMALLEST_STEP = Decimal(1).scaleb(-VALUE_DECIMALS)
NO_TAGS = nw.lit("{}")
NOTHING = nw.lit(0, dtype=nw.Int64)
WHOLE = nw.lit(1, dtype=nw.Int64)


def tagged(key: str, value: nw.Expr) -> nw.Expr:
    """JSON text of one tag, spelled as PostgreSQL prints jsonb."""
    spelled = nw.concat_str(nw.lit(f'{{"{key}": "'), value, nw.lit('"}'))
    return nw.when(value.is_null()).then(nw.lit(f'{{"{key}": null}}')).otherwise(spelled)


def contributions(
    rows: Rows,
    metric_name: str,
    *,
    numerator: nw.Expr,
    denominator: nw.Expr = WHOLE,
    tags: nw.Expr = NO_TAGS,
) -> Rows:
    """What each row adds to one metric of its day.

    The numerators of a (day, metric_name, tags) add up, its denominators are one and the same, or
    0 in rows that do not know it. A metric whose denominator stays 0 is undefined and absent.
    """
    return rows.select(
        "day",
        nw.lit(metric_name).alias("metric_name"),
        tags.alias("tags"),
        numerator.cast(nw.Int64).alias("numerator"),
        denominator.cast(nw.Int64).alias("denominator"),
    )


def metric_values(parts: Rows) -> Rows:
    """One exactly rounded `metric_value` for every defined (day, metric_name, tags)."""
    fractions = parts.group_by("day", "metric_name", "tags").agg(
        nw.col("numerator").sum().cast(nw.Int64),
        nw.col("denominator").max(),
    )
    return rounded(fractions.filter(nw.col("denominator") > 0)).select(
        "day", "metric_name", "tags", "metric_value"
    )


def rounded(fractions: Rows) -> Rows:
    """Divide numerator by denominator, rounded half away from zero to four decimals.

    Long division in integers, one decimal a step: nothing overflows while the denominator stays
    below 9 * 10^17, and the result equals PostgreSQL's `round(a::numeric / b, 4)`.
    """
    numerator, denominator = nw.col("numerator"), nw.col("denominator")
    division = fractions.with_columns(
        sign=nw.when(numerator < 0).then(nw.lit(-1)).otherwise(nw.lit(1)).cast(nw.Int64),
        whole=_whole_quotient(numerator.abs(), denominator),
        steps=NOTHING,
        rest=numerator.abs() % denominator,
    )
    for _ in range(VALUE_DECIMALS):
        shifted = nw.col("rest") * 10
        division = division.with_columns(
            steps=nw.col("steps") * 10 + _whole_quotient(shifted, denominator),
            rest=shifted % denominator,
        )
    half_or_more = (nw.col("rest") * 2 >= denominator).cast(nw.Int64)
    sign = nw.col("sign")
    part = sign * (nw.col("steps") + half_or_more) * nw.lit(SMALLEST_STEP)
    value = (sign * nw.col("whole")).cast(EXACT_TYPE) + part.cast(EXACT_TYPE)
    return division.with_columns(metric_value=value.cast(EXACT_TYPE))


def _whole_quotient(numerator: nw.Expr, denominator: nw.Expr) -> nw.Expr:
    # `//` goes through floats on Spark-like engines and may be one off; a multiple of the
    # denominator divided in floats and rounded is exact up to quotients of 2^50.
    return ((numerator - numerator % denominator) / denominator).round().cast(nw.Int64)
