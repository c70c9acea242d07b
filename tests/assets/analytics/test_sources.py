"""The columns that each column is said to be made of, against what changing them does."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

import narwhals as nw
import polars as pl
import pytest

from assets.analytics import (
    author_audience_daily,
    post_audience_daily,
    post_engagement_daily,
    post_engagement_hourly,
    system_metrics,
    user_activity,
    user_analytics,
)
from assets.analytics.platform_inputs import known_accounts
from assets.analytics.system_metrics import (
    SystemMetricInputs,
    calendar_of,
    summarize_system_metrics,
)
from schema.tables.late_accounts import LateAccounts
from schema.windows import DayRange
from tests.fixtures.bursts import CROWDED, coordinated_of
from tests.fixtures.engines import on_polars
from tests.fixtures.influence import Frames, as_sets, influences, readers
from tests.fixtures.lake_frames import LakeFrames, random_lake_frames
from tests.fixtures.small_tables import INGEST_SCHEMA, TABLES, table

Lazy = nw.LazyFrame[Any]
Summarize = Callable[..., Lazy]
# Half of a day, so that new hours turn up when its moments change.
CROWDED_DAY = DayRange(CROWDED.first, CROWDED.first)
# There every event is worth 1, and no author is a fresh account.
NOT_SHOWN = {"user_engagement.value", "user_engagement.author_id"}
TABLE_OF = {
    "activity": "user_activity",
    "post_engagement": "post_engagement_daily",
    "sessions": "session_states",
    "moderation": "moderation_states",
    "media": "media_files",
}


@pytest.fixture(scope="module")
def facts() -> LakeFrames:
    return random_lake_frames(seed=3, users=40, events=1_500)


@pytest.fixture(scope="module")
def crowded(crowds: LakeFrames) -> Frames:
    events, users = crowds.user_engagement, crowds.users
    is_morning = pl.col("created_at").dt.hour() < 12
    return {
        "user_engagement": events.filter(is_morning, pl.col("date") == CROWDED.first),
        "users": users.filter(pl.col("date") <= CROWDED.first),
    }


@pytest.mark.parametrize(
    ("summarize", "sources", "tables", "identity"),
    [
        (
            post_engagement_daily.summarize_post_engagement,
            post_engagement_daily.SOURCES,
            ["user_engagement"],
            ["post_id", "engagement_type"],
        ),
        (
            author_audience_daily.summarize_author_audience,
            author_audience_daily.SOURCES,
            ["user_engagement"],
            ["author_id", "user_id"],
        ),
        (
            user_activity.summarize_user_activity,
            user_activity.SOURCES,
            ["user_engagement", "posts", "comments", "follows"],
            ["user_id"],
        ),
        (
            user_analytics.summarize_user_analytics,
            user_analytics.SOURCES,
            ["user_engagement", "follows", "unfollows"],
            ["user_id"],
        ),
    ],
)
def test_a_column_is_made_of_exactly_the_columns_that_change_it(
    facts: LakeFrames,
    summarize: Summarize,
    sources: Mapping[str, Sequence[str]],
    tables: list[str],
    identity: list[str],
) -> None:
    frames = {name: facts.tables()[name] for name in tables}

    def function(changed: Frames) -> Lazy:
        return summarize(*(on_polars(changed[name]) for name in tables))

    found = influences(function, frames, ["date", *identity])

    # A post has one author: changing either changes whose post it is.
    found.get("author_id", set()).discard("user_engagement.post_id")
    assert found == as_sets(sources)
    assert readers(function, frames) == set().union(*as_sets(sources).values())


@pytest.mark.parametrize(
    ("summarize", "sources", "identity"),
    [
        (
            post_engagement_hourly.summarize_post_engagement_hourly,
            post_engagement_hourly.SOURCES,
            ["hour", "post_id", "engagement_type"],
        ),
        (post_audience_daily.summarize_post_audience, post_audience_daily.SOURCES, ["post_id"]),
    ],
)
def test_what_bursts_have_a_part_in_is_made_of_what_it_says(
    crowded: Frames,
    summarize: Summarize,
    sources: Mapping[str, Sequence[str]],
    identity: list[str],
) -> None:
    def function(changed: Frames) -> Lazy:
        events = changed["user_engagement"]
        coordinated = coordinated_of(events, changed["users"], CROWDED_DAY, on_polars)
        return summarize(on_polars(events), coordinated)

    found = influences(function, crowded, ["date", *identity])

    found["author_id"].discard("user_engagement.post_id")
    declared = as_sets(sources)
    for column, made_of in declared.items():
        assert found[column] <= made_of
        assert made_of - found[column] <= NOT_SHOWN
    assert readers(function, crowded) | NOT_SHOWN == set().union(*declared.values()) | NOT_SHOWN


def test_platform_metrics_are_made_of_every_column_that_they_cannot_do_without() -> None:
    days = DayRange(date(2024, 2, 29), date(2024, 2, 29))
    frames = {TABLE_OF.get(name, name): table(kind, []) for name, kind in TABLES.items()}
    frames["late_accounts"] = table(LateAccounts, [])

    def function(changed: Frames) -> Lazy:
        lazy = {name: on_polars(changed[TABLE_OF.get(name, name)]) for name in TABLES}
        late = on_polars(changed["late_accounts"])
        users = known_accounts(lazy.pop("users"), late, days)
        ingest = on_polars(pl.DataFrame(schema=INGEST_SCHEMA))
        calendar = on_polars(calendar_of(days))
        return summarize_system_metrics(
            SystemMetricInputs(calendar=calendar, users=users, ingest=ingest, **lazy)
        )

    assert readers(function, frames) == set(system_metrics.SOURCES["metric_value"])
