"""Reports of a random platform, beside independent statements in PostgreSQL's SQL."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any, TypeAlias
from uuid import UUID, uuid4

import polars as pl
import psycopg
import pytest

from assets.resources.engine import EngineName, open_engine
from assets.resources.lake import Lake
from assets.resources.published import Published
from reports.creator import gathering
from reports.creator.gathering import gather_reports
from reports.creator.model import (
    ENGAGEMENTS,
    NUMBERS,
    Audience,
    CreatorReport,
    EqualAge,
    Period,
    ReportPeriod,
    Usual,
)
from schema.errors import CorruptPartitionError, MissingPartitionError
from tests.fixtures.reported_platform import ReportedPlatform
from tests.fixtures.reported_tables import LAST, PUBLISHED

ORACLES = Path(__file__).parents[2] / "oracles" / "postgres"
OF_REPORTS = ORACLES / "creator_report"
Reports: TypeAlias = dict[UUID, CreatorReport]
Everything: TypeAlias = dict[Period, Reports]


def gather(
    reported: ReportedPlatform,
    period: Period = Period.WEEK,
    *,
    last: date = LAST,
    engine: EngineName = EngineName.POLARS,
    creators: list[UUID] | None = None,
) -> list[CreatorReport]:
    published = Published(reported.lake, open_engine(engine))
    about = ReportPeriod(period, last)
    return list(gather_reports(published, reported.postgres, about, creators=creators))


@pytest.fixture(scope="module")
def gathered(reported: ReportedPlatform) -> Everything:
    """Reports of every period, by creator."""
    return {
        period: {
            report.user_id: report for report in gather(reported, period, engine=EngineName.DUCKDB)
        }
        for period in Period
    }


def ask(reported: ReportedPlatform, oracle: str, period: ReportPeriod) -> list[Any]:
    facts = {
        "first": period.days.first,
        "last": period.last,
        "before": period.before.first,
        "published": PUBLISHED.first,
    }
    return reported.ask(OF_REPORTS / f"{oracle}.sql", **facts)


@pytest.fixture(params=list(Period))
def period(request: pytest.FixtureRequest) -> ReportPeriod:
    return ReportPeriod(request.param, LAST)


@pytest.fixture
def reports(gathered: Everything, period: ReportPeriod) -> Reports:
    return gathered[period.period]


def test_the_platform_has_every_case_that_these_tests_are_about(gathered: Everything) -> None:
    reports = [report for of_period in gathered.values() for report in of_period.values()]
    posts = [post for report in reports for post in report.posts]
    levels = {level for report in reports for level in report.audience.hours.values()}
    weeks = {usual.weeks for report in reports for usual in report.usual.values()}

    assert sum(report.totals["post_engagements"] for report in reports) > 1_000
    assert weeks == {1, 2, 3, 4}
    assert any(not report.usual for report in reports)
    assert levels >= {2, 3, 4}
    assert {report.audience.reached is None for report in reports} == {True, False}
    assert {report.audience.new is None for report in reports} == {True, False}
    assert {post.is_deleted for post in posts} == {True, False}
    assert {post.equal_age is None for post in posts} == {True, False}
    assert {post.score is None for post in posts} == {True, False}
    assert {not post.receipt for post in posts if post.score is not None} == {True, False}
    assert {milestone.kind for report in reports for milestone in report.milestones}


def test_numbers_and_types_equal_the_platform_s(
    reported: ReportedPlatform, reports: Reports, period: ReportPeriod
) -> None:
    days = {"first": period.shown.first, "last": period.last}
    numbers = reported.ask(ORACLES / "user_analytics.sql", **days)
    by_day = {(row[0], row[1]): row[2:] for row in numbers}
    # The order of the oracle's columns.
    names = [
        *("profile_views", "post_impressions", "post_engagements", "followers_gained"),
        *("followers_lost", "total_likes", "total_comments", "total_shares"),
    ]
    types = {tuple(row[:3]): row[3] for row in ask(reported, "types", period)}

    for user, report in reports.items():
        assert list(report.days) == list(period.shown)
        for place, name in enumerate(names):
            expected = [by_day.get((user, d), [0] * 8)[place] for d in period.shown]
            assert report.series[name] == expected, name
            inside = expected[-len(period.days) :]
            assert report.totals[name] == sum(inside), name
        for kind in ENGAGEMENTS:
            expected = [types.get((user, d, kind), 0) for d in period.shown]
            assert report.by_type[kind] == expected, kind


def test_what_is_usual_equals_the_platform_s(
    reported: ReportedPlatform, reports: Reports, period: ReportPeriod
) -> None:
    expected: dict[UUID, dict[str, Usual]] = {}
    for user, metric, weeks, total, lowest, highest in ask(reported, "usual", period):
        usual = Usual(weeks, Fraction(total, weeks), lowest, highest)
        expected.setdefault(user, {})[metric] = usual

    for user, report in reports.items():
        assert report.usual == expected.get(user, {})


def test_audiences_equal_the_platform_s(
    reported: ReportedPlatform, reports: Reports, period: ReportPeriod
) -> None:
    counts = {row[0]: row[1:] for row in ask(reported, "audience", period)}
    hours: dict[UUID, dict[tuple[int, int], int]] = {}
    for user, weekday, hour, level in ask(reported, "hours", period):
        hours.setdefault(user, {})[weekday, hour] = level

    for user, report in reports.items():
        shown = counts.get(user, (None, None, None))
        reached, new, returning = shown
        assert report.audience == Audience(reached, new, returning, hours.get(user, {}))


def test_top_posts_equal_the_platform_s(
    reported: ReportedPlatform, reports: Reports, period: ReportPeriod
) -> None:
    expected: dict[UUID, list[Any]] = {}
    for user, _, *post in ask(reported, "top_posts", period):
        expected.setdefault(user, []).append(tuple(post))

    for user, report in reports.items():
        shown = [
            (
                post.post_id,
                post.created_at.replace(tzinfo=None),
                post.media_type,
                post.visibility,
                post.is_deleted,
                post.text,
                post.impressions,
                *(post.engagements[kind] for kind in ENGAGEMENTS),
            )
            for post in report.posts
        ]
        assert shown == expected.get(user, [])


def test_comparisons_at_equal_age_equal_the_platform_s(
    reported: ReportedPlatform, gathered: Everything
) -> None:
    period = ReportPeriod(Period.DAY, LAST)
    expected = {
        post: EqualAge(hours, engagements, posts, *map(Fraction, quartiles))
        for post, hours, engagements, posts, quartiles in ask(reported, "equal_age", period)
    }
    reports = [report for of_period in gathered.values() for report in of_period.values()]
    posts = [post for report in reports for post in report.posts]

    assert {p.post_id: p.equal_age for p in posts} == {
        p.post_id: expected.get(p.post_id) for p in posts
    }


def test_both_engines_say_the_same(reported: ReportedPlatform, gathered: Everything) -> None:
    assert gather(reported, Period.WEEK) == list(gathered[Period.WEEK].values())


def test_scores_and_receipts_are_those_of_the_last_day(reports: Reports) -> None:
    posts = [post for report in reports.values() for post in report.posts]
    told = [post for post in posts if post.receipt]

    assert all(sum(amount for _, amount in post.receipt) == post.score for post in told)
    assert all((post.rank is None) == (not post.receipt) for post in posts)


def test_followers_are_those_at_the_end_of_the_period(
    reported: ReportedPlatform, reports: Reports
) -> None:
    follows = reported.tables.follows
    end = PUBLISHED.start.replace(year=LAST.year, month=LAST.month, day=LAST.day)
    end += timedelta(days=1)
    living = follows.filter(
        (follows["created_at"] < end)
        & (follows["deleted_at"].is_null() | (follows["deleted_at"] >= end))
    )
    counts = dict(living["following_id"].value_counts().iter_rows())

    for user, report in reports.items():
        assert report.followers == counts.get(user.bytes, 0)


def test_a_milestone_is_not_reached_by_who_came_after_the_period(
    reported: ReportedPlatform, gathered: Everything
) -> None:
    popular = max(gathered[Period.MONTH].values(), key=lambda report: report.followers)
    fans = [UUID(bytes=user) for user in reported.tables.users["id"][-60:]]
    with psycopg.connect(reported.url, autocommit=True) as session:
        session.cursor().executemany(
            "INSERT INTO user_followers (follower_id, following_id, created_at)"
            " VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
            [(fan, popular.user_id, PUBLISHED.end.replace(tzinfo=None)) for fan in fans],
        )
        try:
            [again] = gather(reported, Period.MONTH, creators=[popular.user_id])
        finally:
            session.execute(
                "DELETE FROM user_followers WHERE created_at >= %s",
                [PUBLISHED.end.replace(tzinfo=None)],
            )

    assert (again.followers, again.milestones) == (popular.followers, popular.milestones)


def test_posts_of_the_period_are_counted(reported: ReportedPlatform, reports: Reports) -> None:
    posts = reported.tables.posts
    for user, report in reports.items():
        days = report.period.days
        own = posts.filter(pl.col("user_id") == user.bytes)["created_at"].dt.date()
        assert report.posts_created == own.is_between(days.first, days.last).sum()


def test_reports_come_in_the_order_of_ids_however_many_are_in_memory(
    reported: ReportedPlatform, gathered: Everything, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gathering, "CREATORS_AT_ONCE", 7)

    reports = gather(reported, Period.DAY)

    assert reports == list(gathered[Period.DAY].values())
    assert [report.user_id for report in reports] == sorted(gathered[Period.DAY])


def test_exactly_the_creators_asked_for_get_a_report_quiet_ones_too(
    reported: ReportedPlatform, gathered: Everything
) -> None:
    users = [UUID(bytes=user) for user in reported.tables.users["id"]]
    [quiet] = gather(reported, creators=[users[-1]])
    busy = [users[0], users[3]]

    assert quiet.is_quiet
    assert quiet.totals == dict.fromkeys(NUMBERS, 0)
    assert (quiet.posts, quiet.audience, quiet.restatements) == ([], Audience(), [])
    assert gather(reported, creators=[users[3], users[0], uuid4(), users[3]]) == [
        gathered[Period.WEEK][user] for user in busy
    ]
    assert gather(reported, creators=[]) == []


@pytest.mark.parametrize("engine", [EngineName.DUCKDB, EngineName.POLARS])
def test_a_file_that_no_engine_can_read_is_told_in_one_sentence(
    reported: ReportedPlatform, tmp_path: Path, engine: EngineName
) -> None:
    damaged = replace(reported, lake=Lake(tmp_path / "lake"))
    shutil.copytree(reported.lake.root, damaged.lake.root)
    [file] = damaged.lake.files("user_analytics", [LAST])
    file.write_bytes(bytes(file.stat().st_size))

    with pytest.raises(CorruptPartitionError, match=f"week that ends with {LAST} cannot be read"):
        gather(damaged, engine=engine)


def test_an_account_has_no_report_of_a_time_before_it(reported: ReportedPlatform) -> None:
    users = reported.tables.users.sort("created_at")
    young = UUID(bytes=users["id"][-1])

    assert users["created_at"][-1].date() > LAST
    assert gather(reported, creators=[young]) == []


def test_a_day_of_the_period_that_is_not_published_is_refused(reported: ReportedPlatform) -> None:
    with pytest.raises(MissingPartitionError, match="no user_analytics of 2024-03-19: run"):
        gather(reported, last=PUBLISHED.last + timedelta(days=1))


@pytest.fixture
def restated(reported: ReportedPlatform) -> Iterator[UUID]:
    """A creator with restated numbers: of the week, of the week before, and of long ago."""
    user = UUID(bytes=reported.tables.users["id"][0])
    rows = [
        (LAST, user, "total_likes", 3, 5, ["late"]),
        (LAST, user, "total_likes", 5, 4, ["removed"]),
        (LAST - timedelta(days=13), user, "profile_views", 1, 2, ["late"]),
        (LAST - timedelta(days=14), user, "profile_views", 1, 2, ["late"]),
        (LAST + timedelta(days=1), user, "profile_views", 1, 2, ["late"]),
        (LAST, UUID(bytes=reported.tables.users["id"][1]), "total_likes", 7, 8, ["late"]),
    ]
    with psycopg.connect(reported.url, autocommit=True) as session:
        session.cursor().executemany(
            "INSERT INTO pipeline.restatements (table_name, date, user_id, metric_name, old_value,"
            " new_value, reasons, was_final, run_id)"
            " VALUES ('user_analytics', %s, %s, %s, %s, %s, %s, true, 'a run')",
            rows,
        )
        yield user
        session.execute("DELETE FROM pipeline.restatements")


def test_numbers_restated_lately_are_told(reported: ReportedPlatform, restated: UUID) -> None:
    [report] = gather(reported, creators=[restated])

    told = [(r.day, r.metric, r.old, r.new, list(r.reasons)) for r in report.restatements]
    assert told == [
        (LAST - timedelta(days=13), "profile_views", 1, 2, ["late"]),
        (LAST, "total_likes", 3, 4, ["late", "removed"]),
    ]


def test_nothing_is_told_of_a_held_day_before_the_period(
    reported: ReportedPlatform, restated: UUID
) -> None:
    held = LAST - timedelta(days=13)
    published = Published(reported.lake, open_engine(EngineName.POLARS))
    about = ReportPeriod(Period.WEEK, LAST)

    [report] = gather_reports(published, reported.postgres, about, creators=[restated], held={held})

    assert list(report.days) == [day for day in about.shown if day != held]
    assert {len(counts) for counts in report.series.values()} == {len(report.days)}
    assert [change.day for change in report.restatements] == [LAST]


def test_a_report_taken_later_of_the_same_day_is_the_same(
    reported: ReportedPlatform, gathered: Everything
) -> None:
    user = next(iter(gathered[Period.MONTH]))

    [again] = gather(reported, Period.MONTH, creators=[user])

    assert again == replace(gathered[Period.MONTH][user])
