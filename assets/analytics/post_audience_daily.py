"""How many accounts a post reached on a day: what tells a crowd from a few busy accounts."""

import narwhals as nw

from assets.analytics.post_engagement_daily import BY_OTHERS
from assets.analytics.rows import Rows, row_count

POST = ["date", "post_id"]
ORDER = tuple(POST)
# Which columns make up each column; the day comes from the partition.
COUNTED = ("user_engagement.post_id", "user_engagement.user_id", "user_engagement.author_id")
SOURCES = {
    "post_id": ["user_engagement.post_id"],
    "author_id": ["user_engagement.author_id"],
    "accounts": COUNTED,
    "coordinated_accounts": [
        *COUNTED,
        *("user_engagement.engagement_type", "user_engagement.created_at", "users.id"),
    ],
}


def summarize_post_audience(events: Rows, coordinated: Rows) -> Rows:
    """Count the distinct accounts of the audience per (date, post_id).

    `coordinated` holds the events that `find_coordinated_events` selects.
    """
    # Distinct rows first: unlike a distinct count, this spills to disk.
    visits = events.filter(BY_OTHERS).group_by(*POST, "author_id", "user_id").agg()
    audience = visits.group_by(*POST, "author_id").agg(accounts=row_count())
    accounts = coordinated.select(*POST, "user_id").unique()
    in_bursts = accounts.group_by(*POST).agg(coordinated_accounts=row_count())
    return (
        audience.join(in_bursts, on=POST, how="left")
        .with_columns(nw.col("coordinated_accounts").fill_null(0))
        .sort(*ORDER)
    )
