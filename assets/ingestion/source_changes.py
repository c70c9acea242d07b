"""What a re-read day has more or less than when it was read before, whose it was, and why."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeAlias

import narwhals as nw
import polars as pl
import psycopg

from assets.resources.copying import copy_frame
from assets.resources.engine import run
from schema.sql import load_sql
from schema.vocabulary import Reason
from schema.windows import DayRange

Rows: TypeAlias = nw.LazyFrame[Any]
# The reasons of what differs, if anything, by table, day and the load that it was compared with.
Changes: TypeAlias = dict[tuple[str, date, str], pl.DataFrame]
NOBODY = nw.lit(None, dtype=nw.Binary)


@dataclass(frozen=True, slots=True)
class Identity:
    """How rows of a table are told apart, and whose numbers they count in.

    `key` is what makes a row the same one; `facts` what numbers depend on besides.
    """

    key: tuple[str, ...]
    facts: tuple[str, ...] = ()
    affected: str | None = None
    actor: str | None = None
    post: str | None = None


IDENTITIES = {
    "users": Identity(("id",), ("created_at",), affected="id", actor="id"),
    "late_accounts": Identity(("id",), ("created_at",), affected="id", actor="id"),
    "posts": Identity(
        ("id",), ("user_id", "media_type", "created_at"), "user_id", "user_id", post="id"
    ),
    "post_states": Identity(
        ("id",),
        ("visibility", "media_type", "created_at", "deleted_at"),
        affected="user_id",
        actor="user_id",
        post="id",
    ),
    "comments": Identity(("id",), ("created_at",), "user_id", "user_id", post="post_id"),
    "follows": Identity(
        ("follower_id", "following_id", "created_at"), (), "following_id", "follower_id"
    ),
    "unfollows": Identity(
        ("follower_id", "following_id", "deleted_at"), (), "following_id", "follower_id"
    ),
    "user_engagement": Identity(
        ("id",),
        ("engagement_type", "value", "source", "created_at"),
        affected="author_id",
        actor="user_id",
        post="post_id",
    ),
    "media_files": Identity(
        ("id",), ("processing_status", "file_size", "created_at"), "user_id", "user_id"
    ),
    "session_states": Identity(
        ("id",), ("created_at", "expires_at", "is_active", "last_used_at"), "user_id", "user_id"
    ),
    "moderation_states": Identity(("id",), ("content_type", "created_at", "reviewed_at")),
}


def differing_rows(before: Rows, now: Rows, identity: Identity) -> Rows:
    """One row per key and owners that are not the same, with whether it is there now.

    Both sides are added up with a sign, so that rows which are equal, nulls included, cancel out.
    A row that went over to somebody else is gone for those it was of, and there for the others.
    """
    columns = [*identity.key, *identity.facts]
    owners = {name: _owner(getattr(identity, name)) for name in ("affected", "actor", "post")}
    signed = nw.concat(
        [
            before.select(*columns, **owners, sign=nw.lit(-1, dtype=nw.Int64)),
            now.select(*columns, **owners, sign=nw.lit(1, dtype=nw.Int64)),
        ]
    )
    net = signed.group_by(*columns, *owners).agg(nw.col("sign").sum())
    left_over = net.filter(nw.col("sign") != 0)
    newest = left_over.group_by(*identity.key, *owners).agg(nw.col("sign").max())
    return newest.with_columns(is_there=nw.col("sign") > 0)


def _owner(column: str | None) -> nw.Expr:
    return NOBODY if column is None else nw.col(column)


def count_differences(
    before: Rows, now: Rows, identity: Identity
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Count rows that arrived or were corrected, and rows that are gone, by whose they are."""
    differing = differing_rows(before, now, identity)
    counted = differing.group_by("affected", "actor", "post", "is_there").agg(
        rows=nw.len().cast(nw.Int64)
    )
    rows = run(counted).with_columns(pl.col("affected", "actor", "post").cast(pl.Binary))
    arrived, departed = rows.filter("is_there"), rows.filter(~pl.col("is_there"))
    return arrived.drop("is_there"), departed.drop("is_there")


def classify(
    arrived: pl.DataFrame,
    departed: pl.DataFrame,
    *,
    gone_accounts: Iterable[bytes],
    rejected_posts: Iterable[bytes],
    otherwise: Reason = Reason.REMOVED,
) -> pl.DataFrame:
    """Name the reason of every difference; one row per (affected user, reason).

    Of rows that are gone: erased, if an account that they belong to is; moderated, if their post
    was rejected; `otherwise` the rest. An erased account is not named.
    """
    gone, rejected = _listed(gone_accounts), _listed(rejected_posts)
    is_erased = pl.col("affected").is_in(gone) | pl.col("actor").is_in(gone)
    reason = (
        pl.when(is_erased.fill_null(value=False))
        .then(pl.lit(Reason.ERASED.value))
        .when(pl.col("post").is_in(rejected).fill_null(value=False))
        .then(pl.lit(Reason.MODERATED.value))
        .otherwise(pl.lit(otherwise.value))
    )
    named = pl.concat(
        [
            arrived.with_columns(reason=pl.lit(Reason.LATE.value)),
            departed.with_columns(reason=reason),
        ]
    )
    return (
        named.with_columns(user_id=pl.when(~pl.col("affected").is_in(gone)).then("affected"))
        .group_by("user_id", "reason")
        .agg(row_count=pl.col("rows").sum())
        .sort("user_id", "reason")
    )


def _listed(ids: Iterable[bytes]) -> pl.Series:
    return pl.Series(list(ids), dtype=pl.Binary).implode()


def gone_accounts(session: psycopg.Connection, accounts: pl.Series) -> list[bytes]:
    """Those of the accounts that do not exist any more."""
    return _ask(session, "find_gone_accounts", accounts)


def erased_days(session: psycopg.Connection, days: DayRange) -> set[date]:
    """Those of the days that an erasure has taken rows of since they were read."""
    facts = {"first": days.first, "last": days.last}
    rows = session.execute(load_sql(__package__, "find_erased_days"), facts).fetchall()
    return {day for (day,) in rows}


def rejected_posts(session: psycopg.Connection, posts: pl.Series) -> list[bytes]:
    """Those of the posts that moderation has rejected."""
    return _ask(session, "find_rejected_posts", posts)


def _ask(session: psycopg.Connection, statement: str, ids: pl.Series) -> list[bytes]:
    asked = ids.drop_nulls().unique().bin.encode("hex").to_list()
    if not asked:
        return []
    found = session.execute(load_sql(__package__, statement), {"ids": asked}).fetchall()
    return [row[0].bytes for row in found]


def record_source_changes(connection: psycopg.Connection, changes: Changes, *, run_id: str) -> None:
    """Keep the reasons, in place of those that a failed reading found against the same load."""
    if not changes:
        return
    tables, days, loads = zip(*changes, strict=True)
    repeated = {"tables": list(tables), "days": list(days), "loads": list(loads)}
    connection.execute(load_sql(__package__, "delete_repeated_changes"), repeated)
    for (table, day, load), rows in changes.items():
        if rows.is_empty():
            continue
        noted = rows.with_columns(
            source_table=pl.lit(table),
            changed_day=pl.lit(day),
            compared_with=pl.lit(load),
            run_id=pl.lit(run_id),
        )
        copy_frame(connection, "pipeline.source_changes", noted)
