"""What a score predicts: the weighted engagement of the 24 hours after a day's end."""

from datetime import timedelta

import narwhals as nw

from assets.ranking.looked_up import looked_up
from assets.ranking.scored_days import Rows
from schema.windows import ONE_DAY, DayRange

TARGET_DAYS = 1


def engagement_of_day_after(amounts: Rows, *, days: DayRange) -> Rows:
    """Give each day what posts got on the next one, from `weighted` per date and post.

    One row per (date, post_id) with any: `target`, in 1/10,000 of a LIKE. Taken-back engagement is
    nothing, not less; rows of other days change nothing.
    """
    days_after = {day + timedelta(days=TARGET_DAYS): day for day in days}
    is_after = (nw.col("date") > nw.lit(days.first)) & (
        nw.col("date") <= nw.lit(days.last + ONE_DAY)
    )
    day_before = looked_up(nw.col("date"), days_after)
    dated = amounts.filter(is_after).select("post_id", "weighted", date=day_before)
    sums = dated.group_by("date", "post_id").agg(target=nw.col("weighted").sum())
    return sums.with_columns(nw.col("target").cast(nw.Int64).clip(lower_bound=0))
