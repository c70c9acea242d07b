"""A column's values looked up in a short list, in expressions that every engine knows."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import TypeAlias

import narwhals as nw

Value: TypeAlias = int | date | datetime


def looked_up(column: nw.Expr, values: Mapping[int, Value] | Mapping[date, Value]) -> nw.Expr:
    """What stands for each value of the column; null for one that is not listed.

    Narwhals' `replace_strict` would do, but for Spark Connect there is none (2.29).
    """
    return nw.coalesce(
        *(nw.when(column == nw.lit(key)).then(nw.lit(value)) for key, value in values.items())
    )
