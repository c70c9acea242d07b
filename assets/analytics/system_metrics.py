"""The platform's daily numbers; `schema.metrics` says what each of them means."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import narwhals as nw
import polars as pl

from assets.analytics.activity_metrics import activity_metrics, count_created, summarize_visits
from assets.analytics.content_metrics import content_metrics, follow_metrics
from assets.analytics.engagement_metrics import count_by_type, engagement_metrics
from assets.analytics.moderation_metrics import moderation_metrics
from assets.analytics.platform_metrics import ingest_metrics, media_metrics, session_metrics
from assets.analytics.rationals import NOTHING, WHOLE, metric_values
from assets.analytics.rows import Rows, as_is, epoch_day
from assets.resources.engine import beside
from schema.metrics import SYSTEM_METRICS
from schema.windows import DayRange, start_of

# Which columns make up each column; the day comes from the partition.
TAGGED = (
    *("posts.media_type", "post_engagement_daily.engagement_type"),
    *("moderation_states.content_type", "media_files.processing_status"),
)
SOURCES = {
    "tags": TAGGED,
    "metric_value": [
        *TAGGED,
        *("user_activity.user_id", "users.id", "late_accounts.id", "late_accounts.created_at"),
        *("posts.id", "posts.user_id", "posts.created_us"),
        *("comments.post_id", "comments.user_id", "comments.created_us"),
        *("post_engagement_daily.author_id", "post_engagement_daily.events"),
        *("session_states.created_at", "session_states.expires_at"),
        *("session_states.is_active", "session_states.last_used_at"),
        *("moderation_states.created_us", "moderation_states.reviewed_us"),
        "media_files.file_size",
    ],
}


@dataclass(frozen=True, slots=True)
class SystemMetricInputs:
    """Everything the platform's numbers are made of; every frame carries `date`.

    `calendar` says which days are computed (see `calendar_of`). The lake tables hold those days,
    preceded by what `history_of_metrics` says of each; more days do no harm. `users` also has to
    hold whoever acted on a day before the account's creation, where such back-dated data can occur.
    `ingest` has one row per (date, table): `rows`, `lag_us` (microseconds from the end of the day
    to the snapshot), `final` (0 or 1).
    """

    calendar: Rows
    activity: Rows
    users: Rows
    posts: Rows
    comments: Rows
    follows: Rows
    unfollows: Rows
    post_engagement: Rows
    sessions: Rows
    moderation: Rows
    media: Rows
    ingest: Rows


def summarize_system_metrics(
    inputs: SystemMetricInputs, *, keep: Callable[[Rows], Rows] = as_is
) -> Rows:
    """Compute one row per (date, metric_name, tags): all metrics of all days of the calendar.

    `keep` holds three small tables that many metrics read: it runs a frame and brings its rows
    back onto the same engine. Without it the numbers are the same, but an engine that does not
    share plans (DuckDB) reads `activity` twelve times.
    """
    calendar = inputs.calendar.with_columns(day=epoch_day())
    visits = keep(summarize_visits(inputs.activity, inputs.users))
    created = keep(count_created(inputs.users))
    by_type = keep(count_by_type(inputs.post_engagement))
    values = metric_values(
        nw.concat(
            [
                _zeros(calendar),
                *activity_metrics(visits, created, calendar),
                *content_metrics(inputs.posts, inputs.comments),
                *follow_metrics(inputs.follows, inputs.unfollows),
                *engagement_metrics(by_type, inputs.post_engagement),
                *moderation_metrics(inputs.moderation),
                *session_metrics(inputs.sessions, calendar),
                *media_metrics(inputs.media),
                *ingest_metrics(inputs.ingest),
            ]
        )
    )
    return (
        values.join(calendar, on="day")
        .select("date", "metric_name", "tags", "metric_value")
        .sort("date", "metric_name", "tags")
    )


def calendar_of(days: DayRange) -> pl.DataFrame:
    """The days to compute, each with its first instant and the first one after it (UTC)."""
    dates = pl.Series("date", list(days), dtype=pl.Date)
    starts_at = pl.Series("starts_at", [start_of(day) for day in days], pl.Datetime("us", "UTC"))
    return pl.DataFrame([dates, starts_at]).with_columns(
        ends_at=pl.col("starts_at") + timedelta(days=1)
    )


def _zeros(calendar: Rows) -> Rows:
    """What every day has even when nothing happened on it."""
    always = [(metric.name, tags) for metric in SYSTEM_METRICS for tags in metric.always]
    names = pl.DataFrame(always, schema=["metric_name", "tags"], orient="row")
    return calendar.join(beside(calendar, names), how="cross").select(
        "day", "metric_name", "tags", numerator=NOTHING, denominator=WHOLE
    )
