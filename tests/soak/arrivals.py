"""What arrives at the platform on each day: rows of a generated platform, in the order of time."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import polars as pl
import psycopg
from psycopg import sql

from assets.resources.copying import copy_frame
from assets.seeding.bulk import bulk_inserts, note_bulk_days
from assets.seeding.demo import Platform
from assets.seeding.demo.writing import tables_of
from schema.windows import ONE_DAY

# One row in five of a held-back day arrives two days late.
HELD_BACK = pl.col("id").hash(seed=5) % 5 == 0
MOMENT = {"audit_log": "timestamp"}
UNFOLLOW = """
DELETE FROM user_followers
WHERE id IN (SELECT id FROM user_followers ORDER BY md5(id::text) LIMIT %s)
"""


def before(platform: Platform, day: date) -> Platform:
    """Everything that was there when the day began."""
    return _part(platform, lambda at: at < day)


def of_day(platform: Platform, day: date) -> Platform:
    """Everything that happens on a day."""
    return _part(platform, lambda at: (at >= day) & (at < day + ONE_DAY))


def split_late(platform: Platform) -> tuple[Platform, pl.DataFrame]:
    """What arrives in time, and engagement that comes later."""
    events = platform.user_engagement
    return replace(platform, user_engagement=events.filter(~HELD_BACK)), events.filter(HELD_BACK)


def write(url: str, platform: Platform) -> int:
    """Let these rows arrive; how many they were."""
    rows = 0
    with psycopg.connect(url, options="-c TimeZone=UTC") as session, bulk_inserts(session):
        session.execute(
            "SELECT ensure_engagement_partitions(%s, %s)",
            [platform.days.first, platform.days.last],
        )
        for table, frame in tables_of(platform).items():
            rows += copy_frame(session, table, frame)
            if not frame.is_empty():
                note_bulk_days(session, table, frame)
    return rows


def write_events(url: str, events: pl.DataFrame) -> int:
    """Let engagement arrive as the application writes it: row by row, with its triggers."""
    with psycopg.connect(url, options="-c TimeZone=UTC") as session:
        return copy_frame(session, "user_engagement", events)


def more_events(platform: Platform, day: date, count: int) -> pl.DataFrame:
    """So many more views and clicks on a day: of pairs that the platform never has by itself."""
    users, posts = (
        frame.filter(pl.col("created_at") < day).select(pl.col("id").alias(name))
        for frame, name in ((platform.users, "user_id"), (platform.posts, "post_id"))
    )
    kinds = pl.DataFrame({"engagement_type": ["VIEW", "CLICK"]})
    second = pl.struct("user_id", "post_id").hash(seed=7) % 86_400
    return (
        users.join(posts, how="cross")
        .join(kinds, how="cross")
        .join(platform.user_engagement, on=["user_id", "post_id", "engagement_type"], how="anti")
        .sort(pl.struct(pl.all()).hash(seed=5))
        .head(count)
        .with_columns(
            created_at=pl.lit(day).cast(pl.Datetime("us")) + pl.duration(seconds=second),
            metadata=pl.lit('{"source": "feed"}'),
        )
    )


def unfollow(url: str, follows: int) -> int:
    """Take some follows back, now."""
    with psycopg.connect(url, options="-c TimeZone=UTC") as session:
        return session.execute(UNFOLLOW, [follows]).rowcount


def some_creator(url: str) -> str:
    """Username of somebody whose posts were seen much, whom erasing makes a difference."""
    with psycopg.connect(url) as session:
        row = session.execute(
            "SELECT users.username FROM users INNER JOIN posts ON posts.user_id = users.id "
            "INNER JOIN user_engagement AS events ON events.post_id = posts.id "
            "GROUP BY users.id ORDER BY count(*) DESC, users.id OFFSET 3 LIMIT 1"
        ).fetchone()
    assert row is not None
    return str(row[0])


def truncate(url: str, tables: list[str]) -> None:
    """Empty tables."""
    names = sql.SQL(", ").join(sql.Identifier(*table.split(".")) for table in tables)
    with psycopg.connect(url) as session:
        session.execute(sql.SQL("TRUNCATE {} CASCADE").format(names))


def _part(platform: Platform, wanted: Callable[[pl.Expr], pl.Expr]) -> Platform:
    parts: dict[str, Any] = {
        table: frame.filter(wanted(pl.col(MOMENT.get(table, "created_at"))))
        for table, frame in tables_of(platform).items()
    }
    return replace(platform, **parts)
