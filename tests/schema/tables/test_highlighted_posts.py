from datetime import UTC, datetime
from decimal import Decimal

import polars as pl
import pytest

from schema.errors import ContractError
from schema.tables.columns import polars_schema
from schema.tables.highlighted_posts import HighlightedPosts
from schema.validation import validate

NOON = datetime(2026, 3, 31, 12, tzinfo=UTC)


def lists(*places: tuple[str, int, int, int]) -> pl.DataFrame:
    rows = [
        (NOON.date(), name, rank, post.to_bytes(16), author.to_bytes(16), Decimal(1), NOON)
        for name, rank, post, author in places
    ]
    return pl.DataFrame(rows, schema=polars_schema(HighlightedPosts), orient="row")


def test_lists_that_share_posts_and_authors_pass() -> None:
    few = [("DIVERSE", 1, 1, 1), ("DIVERSE", 2, 2, 1)]
    many = [("RESURFACING", rank, rank, 1) for rank in (1, 2, 3)]
    frame = lists(*few, *many, ("SMALL_CREATORS", 1, 1, 1))

    assert validate(frame, HighlightedPosts, partition="highlighted_posts").equals(frame)


@pytest.mark.parametrize(
    ("frame", "rule"),
    [
        (lists(("FAMOUS", 1, 1, 1)), "list: isin"),
        (lists(("DIVERSE", 0, 1, 1)), "greater_than_or_equal_to"),
        (lists(*(("RESURFACING", n, n, 1) for n in range(1, 102))), "less_than_or_equal_to"),
        (lists(("DIVERSE", 1, 1, 1), ("DIVERSE", 2, 1, 1)), "on a list once a day"),
        (lists(("DIVERSE", 1, 1, 1), ("DIVERSE", 1, 2, 2)), "ranks are 1, 2, 3"),
        (lists(("DIVERSE", 1, 1, 1), ("RESURFACING", 2, 2, 2)), "ranks are 1, 2, 3"),
        (lists(*(("DIVERSE", n, n, 7) for n in (1, 2, 3))), "at most 2 posts on the diverse"),
    ],
)
def test_broken_lists_are_refused(frame: pl.DataFrame, rule: str) -> None:
    with pytest.raises(ContractError, match=rule):
        validate(frame, HighlightedPosts, partition="highlighted_posts of 2026-03-31")
