"""What a report must never say: anything of anybody else."""

from collections.abc import Iterable, Iterator
from dataclasses import fields, is_dataclass
from datetime import timedelta
from uuid import UUID, uuid4

import numpy as np
import polars as pl
import psycopg
import pytest

from assets.resources.engine import open_engine
from assets.resources.lake import Lake
from assets.resources.postgres import Postgres
from assets.resources.published import Published
from reports.creator.gathering import gather_reports
from reports.creator.model import CreatorReport, Period, ReportPeriod
from schema.windows import start_of
from tests.fixtures.random_moments import INSTANT, ids
from tests.fixtures.reported_platform import (
    lake_events,
    publish_tables,
    write_numbers,
    write_tables,
)
from tests.fixtures.reported_platform import numbers_of as numbers
from tests.fixtures.reported_tables import LAST, Tables

SECRET = "zzsecretzz"


def ids_of(numbers: Iterable[int], *, kind: int) -> pl.Series:
    return ids(np.array(list(numbers)), kind=kind)


ANA, EVE = ids_of([0], kind=1)[0], ids_of([1], kind=1)[0]
VIEWERS = range(2, 42)
OWN_POST, OTHER_POST = ids_of([0], kind=2)[0], ids_of([1], kind=2)[0]
NOON = start_of(LAST) + timedelta(hours=12)


def two_creators() -> Tables:
    """Ana and Eve have a private post each; forty accounts engage with both, and they do too."""
    people = [0, 1, *VIEWERS]
    events = [
        (user, post, author, kind)
        for user in people
        for post, author in ((0, 0), (1, 1))
        for kind in ("VIEW", "LIKE")
    ]
    long_ago = NOON - timedelta(days=200)
    return Tables(
        users=pl.DataFrame(
            {"id": ids_of(people, kind=1), "created_at": [long_ago] * len(people)},
            schema_overrides={"created_at": INSTANT},
        ),
        posts=pl.DataFrame(
            {
                "id": ids_of([0, 1], kind=2),
                "user_id": [ANA, EVE],
                "media_type": ["IMAGE", "VIDEO"],
                "visibility": ["PRIVATE", "PRIVATE"],
                "created_at": [NOON - timedelta(hours=2)] * 2,
                "is_deleted": [False, False],
            },
            schema_overrides={"created_at": INSTANT},
        ),
        events=pl.DataFrame(
            {
                "id": ids_of(range(len(events)), kind=3),
                "user_id": ids_of([user for user, *_ in events], kind=1),
                "post_id": ids_of([post for _, post, *_ in events], kind=2),
                "author_id": ids_of([author for *_, author, _ in events], kind=1),
                "engagement_type": [kind for *_, kind in events],
                "source": ["profile"] * len(events),
                "created_at": [NOON] * len(events),
            },
            schema_overrides={"created_at": INSTANT},
        ),
        follows=pl.DataFrame(
            {
                "follower_id": ids_of(VIEWERS, kind=1),
                "following_id": [ANA] * len(VIEWERS),
                "created_at": [NOON] * len(VIEWERS),
                "deleted_at": [None] * len(VIEWERS),
            },
            schema_overrides={"created_at": INSTANT, "deleted_at": INSTANT},
        ),
    )


def mark_everybody(session: psycopg.Connection) -> None:
    """Secrets in every text that is not Ana's own."""
    others = {"ana": UUID(bytes=ANA), "mark": SECRET}
    session.execute(
        "UPDATE users SET username = %(mark)s || id, full_name = %(mark)s, bio = %(mark)s"
        " WHERE id <> %(ana)s",
        others,
    )
    # Not even Ana's own address belongs on a page.
    session.execute("UPDATE users SET email = %(mark)s || id || '@example.org'", others)
    session.execute("UPDATE posts SET content = %(mark)s WHERE user_id <> %(ana)s", others)
    session.execute("UPDATE posts SET location = %(mark)s, media_url = %(mark)s", others)
    session.execute(
        "INSERT INTO comments (post_id, user_id, content) SELECT p.id, u.id, %(mark)s"
        " FROM posts AS p CROSS JOIN users AS u",
        others,
    )
    session.execute(
        "INSERT INTO pipeline.restatements (table_name, date, user_id, metric_name, old_value,"
        " new_value, reasons, was_final, run_id) SELECT 'user_analytics', %s, id, 'total_likes',"
        " 1, 2, '{late}', true, %s FROM users",
        [LAST, SECRET],
    )


@pytest.fixture
def platform(database: str, lake: Lake) -> str:
    tables = two_creators()
    publish_tables(lake, tables)
    with psycopg.connect(database, options="-c TimeZone=UTC") as session:
        write_tables(session, tables)
        write_numbers(session, numbers(tables))
        mark_everybody(session)
    return database


def report_of(platform: str, lake: Lake, period: Period, creator: bytes = ANA) -> CreatorReport:
    published = Published(lake, open_engine("polars"))
    about = ReportPeriod(period, LAST)
    reports = gather_reports(published, Postgres(platform), about)
    return next(report for report in reports if report.user_id.bytes == creator)


def values_in(thing: object) -> Iterator[object]:
    """Every value at whatever depth, keys included."""
    if is_dataclass(thing) and not isinstance(thing, type):
        for field in fields(thing):
            yield from values_in(getattr(thing, field.name))
    elif isinstance(thing, dict):
        yield from (value for pair in thing.items() for part in pair for value in values_in(part))
    elif isinstance(thing, list | tuple | set | frozenset):
        yield from (value for part in thing for value in values_in(part))
    else:
        yield thing


@pytest.mark.parametrize("period", list(Period))
def test_a_report_holds_nothing_of_anybody_else(platform: str, lake: Lake, period: Period) -> None:
    report = report_of(platform, lake, period)
    texts = [str(value) for value in values_in(report)]
    others = [EVE, OTHER_POST, *ids_of(VIEWERS, kind=1), *ids_of(range(200), kind=3)]
    telling = {SECRET, *(str(UUID(bytes=other)) for other in others)}

    assert not [text for text in texts for word in telling if word in text]
    assert not [value for value in values_in(report) if isinstance(value, bytes)]
    # What is Ana's own is there, seen by all but herself.
    assert [post.post_id.bytes for post in report.posts] == [OWN_POST]
    assert (report.posts[0].text, report.posts[0].visibility) == ("text 0", "PRIVATE")
    assert report.audience.reached == len(VIEWERS) + 1
    assert [change.new for change in report.restatements] == [2]


def test_reports_of_everybody_name_only_those_they_are_of(platform: str, lake: Lake) -> None:
    published = Published(lake, open_engine("polars"))
    about = ReportPeriod(Period.WEEK, LAST)

    for report in gather_reports(published, Postgres(platform), about):
        named = {value for value in values_in(report) if isinstance(value, UUID)}
        assert named == {report.user_id, *(post.post_id for post in report.posts)}
        own = {ANA: {OWN_POST}, EVE: {OTHER_POST}}
        assert {post.post_id.bytes for post in report.posts} == own.get(report.user_id.bytes, set())


def test_a_post_that_the_lake_ascribes_to_another_author_shows_no_text(
    platform: str, lake: Lake
) -> None:
    """The platform's own row says whose a text is, whatever a file of the lake holds."""
    everything_is_hers = pl.lit(ANA, dtype=pl.Binary)
    tables = two_creators()
    events = tables.events.with_columns(author_id=everything_is_hers)
    posts = tables.posts.with_columns(user_id=everything_is_hers)
    publish_tables(lake, Tables(tables.users, posts, events, tables.follows))

    report = report_of(platform, lake, Period.DAY)

    assert {post.post_id.bytes: post.text for post in report.posts} == {
        OWN_POST: "text 0",
        OTHER_POST: None,
    }


def test_an_audience_of_fewer_than_ten_is_not_shown_in_any_figure(
    database: str, lake: Lake
) -> None:
    tables = two_creators()
    few = tables.events.filter(pl.col("user_id").is_in([ANA, *ids_of(range(2, 11), kind=1)]))
    small = Tables(tables.users, tables.posts, few, tables.follows)
    publish_tables(lake, small)
    with psycopg.connect(database, options="-c TimeZone=UTC") as session:
        write_tables(session, small)
        write_numbers(session, numbers(small))

    audience = report_of(database, lake, Period.DAY).audience

    assert lake_events(small).filter(author_id=ANA)["user_id"].n_unique() == 10
    assert (audience.reached, audience.new, audience.returning, audience.hours) == (
        *(None, None, None),
        {},
    )


def test_a_deleted_post_s_text_is_not_shown(platform: str, lake: Lake) -> None:
    with psycopg.connect(platform) as session:
        session.execute("UPDATE posts SET deleted_at = now()")

    [post] = report_of(platform, lake, Period.DAY).posts

    assert (post.is_deleted, post.text, post.total) == (True, None, 42)


def test_a_post_that_the_platform_has_forgotten_is_shown_as_deleted(
    platform: str, lake: Lake
) -> None:
    with psycopg.connect(platform) as session:
        session.execute("DELETE FROM posts")

    [post] = report_of(platform, lake, Period.DAY).posts

    assert (post.is_deleted, post.text, post.total) == (True, None, 42)


@pytest.mark.parametrize("change", ["deleted_at = now()", "is_active = false"])
def test_accounts_that_are_deleted_or_inactive_get_no_report_by_themselves(
    platform: str, lake: Lake, change: str
) -> None:
    with psycopg.connect(platform) as session:
        session.execute(f"UPDATE users SET {change} WHERE id <> %s".encode(), [UUID(bytes=ANA)])
    published = Published(lake, open_engine("polars"))

    reports = gather_reports(published, Postgres(platform), ReportPeriod(Period.DAY, LAST))

    assert [report.user_id.bytes for report in reports] == [ANA]


def test_a_deleted_account_gets_no_report_when_asked_for(platform: str, lake: Lake) -> None:
    with psycopg.connect(platform) as session:
        session.execute("UPDATE users SET deleted_at = now()")
    published = Published(lake, open_engine("polars"))
    about = ReportPeriod(Period.DAY, LAST)

    asked = [UUID(bytes=ANA), uuid4()]

    assert list(gather_reports(published, Postgres(platform), about, creators=asked)) == []


def test_a_very_long_text_is_cut(platform: str, lake: Lake) -> None:
    with psycopg.connect(platform) as session:
        session.execute("UPDATE posts SET content = repeat('😀', 300000)")

    [post] = report_of(platform, lake, Period.DAY).posts

    assert post.text == "😀" * 2_000
