"""Posts as they stood at the end of a day."""

from datetime import date

import narwhals as nw

from assets.ranking.scored_days import Rows, is_looked_back_on, look_back
from assets.resources.engine import run
from schema.windows import DayRange


def live_posts(post_states: Rows, *, days: DayRange, width: int) -> Rows:
    """Keep, per day, the posts that live at its end, from the newest state within `width` days.

    A state tells what was known when its day was extracted; states of later days are not looked at.
    """
    windows = look_back(post_states, days, width=width)
    seen = post_states.filter(is_looked_back_on(days, width=width))
    states = seen.with_columns(replaced_on=nw.col("date").shift(-1).over("id", order_by="date"))
    return (
        states.join(windows, on="date")
        .filter(_is_newest(), _is_live())
        .select(
            "visibility",
            "media_type",
            "created_at",
            "opens_at",
            "ends_at",
            date="scored_on",
            post_id="id",
            author_id="user_id",
        )
    )


def count_live_posts(post_states: Rows, *, day: date, width: int) -> int:
    """Of one day's end, as `live_posts` finds them."""
    return run(
        live_posts(post_states, days=DayRange(day, day), width=width).select("post_id")
    ).height


def _is_newest() -> nw.Expr:
    replaced_on = nw.col("replaced_on")
    return replaced_on.is_null() | (replaced_on > nw.col("scored_on"))


def _is_live() -> nw.Expr:
    deleted_at, ends_at = nw.col("deleted_at"), nw.col("ends_at")
    return (nw.col("created_at") < ends_at) & (deleted_at.is_null() | (deleted_at >= ends_at))
