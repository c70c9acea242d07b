"""Rolling actives, stickiness, lifecycle and retention, from one pass over `user_activity`."""

import narwhals as nw

from assets.analytics.rationals import NOTHING, contributions
from assets.analytics.rows import Rows, daily, epoch_day, row_count, total
from schema.metric import tag
from schema.metrics import ACTIVE_WINDOWS, RETENTION_DAYS

LONGEST_WINDOW = max(ACTIVE_WINDOWS.values())
USERS = nw.col("users")
DAY = nw.col("day")


def activity_metrics(visits: Rows, created: Rows, calendar: Rows) -> list[Rows]:
    """Contributions of every metric that asks who came and when."""
    return [
        contributions(created, "new_users", numerator=USERS),
        *_active_users(visits, calendar),
        *_lifecycle(visits, created),
        *_retention(visits, created),
    ]


def summarize_visits(activity: Rows, users: Rows) -> Rows:
    """Count the active users of a day by all that the metrics ask about them.

    Grain: (day, is_returning, is_resurrected, rest, age). `rest`: days until the user's next
    active day, at most the longest window. `age`: days since the account was created, where it
    is one that retention asks for. An account that `users` does not hold was created before.
    """
    came_back = DAY.shift(1).over("user_id", order_by="day") == DAY - 1
    until_next = DAY.shift(-1).over("user_id", order_by="day") - DAY
    # One whose creation moved stands in the days of both: it is one account all the same.
    accounts = users.group_by("id").agg(nw.col("date").max())
    created = accounts.select(user_id="id", created_day=epoch_day())
    visits = (
        daily(activity, "user_id")
        .with_columns(is_returning=came_back.fill_null(value=False), until_next=until_next)
        .join(created, on="user_id", how="left")
        .with_columns(age=DAY - nw.col("created_day"))
        .select(
            "day",
            "is_returning",
            is_resurrected=~nw.col("is_returning")
            & (nw.col("age").is_null() | (nw.col("age") > 0)),
            rest=_at_most(nw.col("until_next"), LONGEST_WINDOW),
            age=nw.when(nw.col("age").is_in(RETENTION_DAYS)).then(nw.col("age")),
        )
    )
    return visits.group_by("day", "is_returning", "is_resurrected", "rest", "age").agg(
        users=row_count()
    )


def count_created(users: Rows) -> Rows:
    """Count the accounts created on each day."""
    return daily(users).group_by("day").agg(users=row_count())


def rolling_actives(visits: Rows, calendar: Rows, *, days: int) -> Rows:
    """Distinct users active in the `days` days that end with each day.

    A visit is counted from its day until the window or the user's next visit ends it, so nobody
    counts twice: arrivals less departures, summed up day by day.
    """
    changes = nw.concat(
        [
            visits.select("day", change=USERS),
            visits.select(day=DAY + _at_most(nw.col("rest"), days), change=-USERS),
            calendar.select("day", change=NOTHING),
        ]
    )
    net = changes.group_by("day").agg(change=total("change"))
    return net.select("day", users=nw.col("change").cum_sum().over(order_by="day").cast(nw.Int64))


def _active_users(visits: Rows, calendar: Rows) -> list[Rows]:
    actives = {
        name: rolling_actives(visits, calendar, days=days) for name, days in ACTIVE_WINDOWS.items()
    }
    of_day, of_month = actives["daily_active_users"], actives["monthly_active_users"]
    return [
        *(contributions(rows, name, numerator=USERS) for name, rows in actives.items()),
        contributions(of_day, "stickiness", numerator=USERS, denominator=NOTHING),
        contributions(of_month, "stickiness", numerator=NOTHING, denominator=USERS),
    ]


def _lifecycle(visits: Rows, created: Rows) -> list[Rows]:
    states = {
        "new": created,
        "returning": visits.filter("is_returning"),
        "resurrected": visits.filter("is_resurrected"),
        "dormant": visits.filter(nw.col("rest") > 1).with_columns(day=DAY + 1),
    }
    return [
        contributions(rows, "user_lifecycle", numerator=USERS, tags=nw.lit(tag("state", state)))
        for state, rows in states.items()
    ]


def _retention(visits: Rows, created: Rows) -> list[Rows]:
    return [
        part
        for days in RETENTION_DAYS
        for part in (
            contributions(
                visits.filter(nw.col("age") == days),
                "retention_rate",
                numerator=USERS,
                denominator=NOTHING,
                tags=nw.lit(tag("day", days)),
            ),
            contributions(
                created.with_columns(day=DAY + days),
                "retention_rate",
                numerator=NOTHING,
                denominator=USERS,
                tags=nw.lit(tag("day", days)),
            ),
        )
    ]


def _at_most(days: nw.Expr, limit: int) -> nw.Expr:
    longest = nw.lit(limit, dtype=nw.Int64)
    return nw.when(days < longest).then(days).otherwise(longest)
