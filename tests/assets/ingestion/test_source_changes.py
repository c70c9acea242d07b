from datetime import date
from typing import Any

import polars as pl
import psycopg
import pytest

from assets.ingestion.source_changes import (
    IDENTITIES,
    Identity,
    classify,
    count_differences,
    record_source_changes,
)
from assets.ingestion.source_tables import SOURCE_TABLES
from schema.tables.columns import polars_schema
from tests.fixtures.engines import ENGINES, engine_of
from tests.fixtures.small_tables import uid

FACT = Identity(("id",), ("note",), affected="owner", actor="actor", post="post")
SCHEMA = {
    "id": pl.Binary,
    "note": pl.String,
    "owner": pl.Binary,
    "actor": pl.Binary,
    "post": pl.Binary,
}
TOLD_BY_NOBODY = dict.fromkeys(SOURCE_TABLES) | {
    "users": "role",
    "posts": "visibility",
    "comments": "parent_id",
    "follows": "deleted_at",
    "unfollows": "followed_at",
    "moderation_states": "status",
}
COUNTS = {"affected": pl.Binary, "actor": pl.Binary, "post": pl.Binary, "rows": pl.Int64}


def facts(*rows: tuple[str, str | None, str]) -> pl.DataFrame:
    """Rows of (id, note, owner), acted on by a fan under a post."""
    full = [(uid(i), note, uid(owner), uid("fan"), uid("post")) for i, note, owner in rows]
    return pl.DataFrame(full, schema=SCHEMA, orient="row")


def counts(*rows: tuple[str, str, str, int]) -> pl.DataFrame:
    full = [(uid(owner), uid(actor), uid(post), number) for owner, actor, post, number in rows]
    return pl.DataFrame(full, schema=COUNTS, orient="row")


@pytest.fixture(params=ENGINES)
def compare(request: pytest.FixtureRequest) -> Any:
    engine = engine_of(request)

    def differences(before: pl.DataFrame, now: pl.DataFrame) -> list[list[tuple[Any, ...]]]:
        found = count_differences(engine.lazy(before), engine.lazy(now), FACT)
        return [sorted(frame.select("affected", "rows").rows()) for frame in found]

    return differences


def test_equal_rows_do_not_differ_whatever_their_order_and_nulls(compare: Any) -> None:
    rows = facts(("1", None, "a"), ("2", "x", "b"))

    assert compare(rows, rows.reverse()) == [[], []]


def test_what_came_and_what_went_is_counted_by_whose_it_is(compare: Any) -> None:
    before = facts(("1", "x", "a"), ("2", "x", "a"), ("3", "x", "b"))
    now = facts(("3", "x", "b"), ("4", None, "b"))

    assert compare(before, now) == [[(uid("b"), 1)], [(uid("a"), 2)]]


def test_a_corrected_row_has_arrived_and_is_not_gone(compare: Any) -> None:
    assert compare(facts(("1", None, "a")), facts(("1", "x", "a"))) == [[(uid("a"), 1)], []]


def test_a_row_that_goes_over_to_somebody_else_is_gone_for_one_and_there_for_the_other(
    compare: Any,
) -> None:
    assert compare(facts(("1", "x", "a")), facts(("1", "x", "b"))) == [
        [(uid("b"), 1)],
        [(uid("a"), 1)],
    ]


def test_a_second_copy_of_a_row_is_a_difference(compare: Any) -> None:
    once = facts(("1", "x", "a"))

    assert compare(once, pl.concat([once, once])) == [[(uid("a"), 1)], []]


def test_reasons_are_named_by_what_became_of_accounts_and_posts() -> None:
    departed = counts(
        ("author", "gone", "post", 1),
        ("gone", "fan", "post", 2),
        ("author", "fan", "rejected", 4),
        ("author", "fan", "post", 8),
        ("author", "other", "post", 32),
    )

    named = classify(
        counts(("author", "fan", "post", 16)),
        departed,
        gone_accounts=[uid("gone")],
        rejected_posts=[uid("rejected")],
    )

    assert set(named.rows()) == {
        (uid("author"), "erased", 1),
        (None, "erased", 2),
        (uid("author"), "moderated", 4),
        (uid("author"), "removed", 40),
        (uid("author"), "late", 16),
    }


def test_an_account_that_is_gone_is_not_named_even_if_rows_arrive_for_it() -> None:
    named = classify(
        counts(("gone", "fan", "post", 1)),
        counts(),
        gone_accounts=[uid("gone")],
        rejected_posts=[],
    )

    assert named.rows() == [(None, "late", 1)]


def test_a_table_without_a_difference_keeps_no_other_from_telling_of_its_own(
    connection: psycopg.Connection,
) -> None:
    day = date(2024, 2, 29)
    late = classify(
        counts(("gone", "fan", "post", 3)),
        counts(),
        gone_accounts=[uid("gone")],
        rejected_posts=[],
    )

    record_source_changes(
        connection,
        {("posts", day, "load"): late.clear(), ("comments", day, "load"): late},
        run_id="a run",
    )

    kept = "SELECT source_table, changed_day, reason, row_count FROM pipeline.source_changes"
    assert connection.execute(kept).fetchall() == [("comments", day, "late", 3)]


@pytest.mark.parametrize("table", SOURCE_TABLES)
def test_rows_are_told_apart_by_every_column_but_those_that_no_number_depends_on(
    table: str,
) -> None:
    identity = IDENTITIES[table]
    told_by = {*identity.key, *identity.facts, identity.affected, identity.actor, identity.post}
    # Instants in microseconds are there as instants, too.
    columns = {name for name in polars_schema(SOURCE_TABLES[table]) if not name.endswith("_us")}

    assert columns - told_by == {TOLD_BY_NOBODY[table]} - {None}


@pytest.mark.parametrize("table", SOURCE_TABLES)
def test_identities_are_made_of_columns_that_the_table_has(table: str) -> None:
    identity = IDENTITIES[table]
    owners = {name for name in (identity.affected, identity.actor, identity.post) if name}

    assert {*identity.key, *identity.facts, *owners} <= set(polars_schema(SOURCE_TABLES[table]))
