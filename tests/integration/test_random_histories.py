"""Whatever happens to the platform, in whatever order: after the next run every number is right."""

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TypeAlias

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from assets.analytics.metric_sources import NEVER_RESTATED
from assets.ingestion.source_audit import compare_with_source
from assets.resources.engine import EngineName
from assets.resources.postgres import Postgres
from schema.vocabulary import EngagementType
from schema.windows import DayRange
from tests.fixtures.everything import rows_in_lake
from tests.fixtures.installation import RECENT, Copy, Installation

pytestmark = pytest.mark.fault

Key: TypeAlias = tuple[object, ...]

LAST = date(2024, 3, 2)
DAYS = DayRange(date(2024, 2, 26), LAST)
PUBLISHED = [
    *("user_activity", "post_engagement_daily", "post_engagement_hourly", "post_audience_daily"),
    *("author_audience_daily", "post_scores", "popular_posts"),
]
STATEMENTS = Path(__file__).parent / "sql" / "happenings"
RUNS = settings(
    max_examples=2,
    stateful_step_count=14,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)

a_moment = st.builds(
    "{} {:02}:{:02}:59.5".format,
    st.sampled_from(list(DAYS)),
    st.integers(0, 23),
    st.integers(0, 59),
)
a_number = st.integers(0, 10_000)


class Platform(RuleBasedStateMachine):
    """A platform to which things happen, and the daily run of its last day."""

    installation: Installation

    def __init__(self) -> None:
        super().__init__()
        self.is_current = True
        self.numbers = published_numbers(self.installation)

    def happen(self, name: str, **facts: object) -> None:
        statement = (STATEMENTS / f"{name}.sql").read_text(encoding="utf-8")
        self.installation.execute(statement, facts)
        self.is_current = False

    @rule(at=a_moment, user=a_number, post=a_number, kind=st.sampled_from(list(EngagementType)))
    def engage_late(self, at: str, user: int, post: int, kind: EngagementType) -> None:
        self.happen("engage", at=at, user=user, post=post, kind=kind.value)

    @rule(number=a_number)
    def take_engagement_back(self, number: int) -> None:
        self.happen("take_back", number=number)

    @rule(number=a_number, at=a_moment)
    def move_engagement_to_another_moment(self, number: int, at: str) -> None:
        self.happen("move_engagement", number=number, at=at)

    @rule(at=a_moment, user=a_number)
    def post_late(self, at: str, user: int) -> None:
        self.happen("post", at=at, user=user)

    @rule(at=a_moment, user=a_number, post=a_number)
    def comment_late(self, at: str, user: int, post: int) -> None:
        self.happen("comment", at=at, user=user, post=post)

    @rule(number=a_number)
    def delete_a_comment(self, number: int) -> None:
        self.happen("delete_comment", number=number)

    @rule(at=a_moment, user=a_number, other=a_number)
    def follow_late(self, at: str, user: int, other: int) -> None:
        self.happen("follow", at=at, user=user, other=other)

    @rule(number=a_number)
    def unfollow(self, number: int) -> None:
        self.happen("unfollow", number=number)

    @rule(number=a_number, at=a_moment)
    def unfollow_as_if_it_had_been_then(self, number: int, at: str) -> None:
        self.happen("date_unfollow_back", number=number, at=at)

    @rule(number=a_number, at=st.none() | a_moment)
    def soft_delete_a_post(self, number: int, at: str | None) -> None:
        self.happen("soft_delete", number=number, at=at)

    @rule(number=a_number)
    def bring_a_post_back(self, number: int) -> None:
        self.happen("undelete", number=number)

    @rule(number=a_number)
    def delete_a_post(self, number: int) -> None:
        self.happen("delete_post", number=number)

    @rule(number=a_number)
    def delete_an_account(self, number: int) -> None:
        self.happen("delete_account", number=number)

    @rule(at=a_moment)
    def open_an_account_late(self, at: str) -> None:
        self.happen("open_account", at=at)

    @rule(number=a_number, at=a_moment)
    def decide_a_case_late(self, number: int, at: str) -> None:
        self.happen("decide", number=number, at=at)

    @rule()
    def archive_february(self) -> None:
        self.happen("archive_month")

    @rule()
    def run_the_last_day(self) -> None:
        self.installation.run(str(LAST))
        after = published_numbers(self.installation)
        changed = {
            key: (self.numbers.get(key), after.get(key))
            for key in self.numbers.keys() | after.keys()
            if self.numbers.get(key) != after.get(key) and key[2] not in NEVER_RESTATED
        }
        ledger = newest_restatements(self.installation) if changed else {}
        existing = {row[0] for row in self.installation.rows("SELECT id FROM users")}
        assert ledger == {k: v for k, v in changed.items() if k[3] is None or k[3] in existing}
        self.numbers, self.is_current = after, True

    @invariant()
    def numbers_are_those_of_a_computation_from_scratch(self) -> None:
        if self.is_current:
            first, last = str(DAYS.first), str(DAYS.last)
            for table in ("user_analytics", "system_metrics"):
                published = getattr(self.installation, table)()
                assert published == self.installation.expected(table, first, last)

    def teardown(self) -> None:
        self.run_the_last_day()
        self.numbers_are_those_of_a_computation_from_scratch()
        differing = compare_with_source(
            Postgres(self.installation.url), self.installation.lake, DAYS.preceded_by(1)
        )
        assert [found for found in differing if not found.is_equal] == []
        kept = {table: rows_in_lake(self.installation, table, DAYS) for table in PUBLISHED}
        fresh = from_scratch(self.installation)
        assert kept == {table: rows_in_lake(fresh, table, DAYS) for table in PUBLISHED}


def published_numbers(installation: Installation) -> dict[Key, object]:
    """Every number that is published: zero and absent ones are not there."""
    rows = installation.rows(
        "SELECT 'user_analytics', date, name, user_id, NULL, value::numeric FROM user_analytics, "
        "LATERAL (VALUES ('profile_views', profile_views), "
        "('post_impressions', post_impressions), ('post_engagements', post_engagements), "
        "('followers_gained', followers_gained), ('followers_lost', followers_lost), "
        "('total_likes', total_likes), ('total_comments', total_comments), "
        "('total_shares', total_shares)) AS numbers (name, value) WHERE value <> 0 UNION ALL "
        "SELECT 'system_metrics', timestamp::date, metric_name, NULL, tags::text, metric_value "
        "FROM system_metrics"
    )
    return {row[:5]: row[5] for row in rows}


def newest_restatements(installation: Installation) -> dict[Key, object]:
    rows = installation.rows(
        "SELECT table_name, date, metric_name, user_id, tags::text, "
        "nullif(old_value, CASE WHEN table_name = 'user_analytics' THEN 0 END), "
        "nullif(new_value, CASE WHEN table_name = 'user_analytics' THEN 0 END) "
        "FROM pipeline.restatements WHERE run_id = ("
        "SELECT run_id FROM pipeline.restatements ORDER BY restated_at DESC LIMIT 1)"
    )
    return {row[:5]: (row[5], row[6]) for row in rows}


def from_scratch(installation: Installation) -> Installation:
    """The same platform, read by somebody with an empty lake."""
    home = installation.settings.home.with_name("from-scratch")
    fresh = Installation(replace(installation.settings, home=home / str(len(list(home.glob("*"))))))
    fresh.run(str(DAYS.first), str(DAYS.last))
    return fresh


def test_after_the_next_run_everything_equals_a_computation_from_scratch(
    copies: Copy, recent_template: str
) -> None:
    class OnePlatform(Platform):
        def __init__(self) -> None:
            self.installation = copies(recent_template, EngineName.DUCKDB, RECENT)
            self.installation.run(str(DAYS.first), str(DAYS.last))
            super().__init__()

    run_state_machine_as_test(OnePlatform, settings=RUNS)
