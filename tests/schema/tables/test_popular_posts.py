from datetime import UTC, datetime
from decimal import Decimal

import polars as pl
import pytest

from schema.errors import ContractError
from schema.tables.columns import polars_schema
from schema.tables.popular_posts import PopularPosts
from schema.validation import validate

NOON = datetime(2026, 3, 31, 12, tzinfo=UTC)


def ranking(*places: tuple[int, int, int | None, str]) -> pl.DataFrame:
    rows = [
        (NOON.date(), place, post.to_bytes(16), b"\xaa" * 16, Decimal(1), NOON, change, reason)
        for place, post, change, reason in places
    ]
    return pl.DataFrame(rows, schema=polars_schema(PopularPosts), orient="row")


def test_ranks_with_a_reason_that_tells_their_change_pass() -> None:
    frame = ranking(
        (1, 1, 2, "risen"), (2, 2, 0, "steady"), (3, 3, -2, "fallen"), (4, 4, None, "new")
    )

    assert validate(frame, PopularPosts, partition="popular_posts").equals(frame)


@pytest.mark.parametrize(
    ("frame", "rule"),
    [
        (ranking((1, 1, 0, "risen")), "the reason tells the change"),
        (ranking((1, 1, None, "steady")), "the reason tells the change"),
        (ranking((1, 1, 0, "famous")), "reason: isin"),
        (ranking((1, 1, 0, "steady"), (1, 2, 0, "steady")), "ranks are 1, 2, 3"),
        (ranking((1, 1, 0, "steady"), (2, 1, 0, "steady")), "ranked once a day"),
        (ranking((1, 1, 0, "steady"), (3, 2, 0, "steady")), "ranks are 1, 2, 3"),
        (ranking((0, 1, 0, "steady")), "greater_than_or_equal_to"),
    ],
)
def test_a_broken_ranking_is_refused(frame: pl.DataFrame, rule: str) -> None:
    with pytest.raises(ContractError, match=rule):
        validate(frame, PopularPosts, partition="popular_posts of 2026-03-31")
