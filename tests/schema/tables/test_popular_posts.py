from datetime import UTC, datetime
from decimal import Decimal

import polars as pl
import pytest

from schema.errors import ContractError
from schema.tables.columns import polars_schema
from schema.tables.popular_posts import PopularPosts
from schema.validation import validate

NOON = datetime(2026, 3, 31, 12, tzinfo=UTC)


Parts = tuple[int | None, int | None, int | None, int | None, str | None]
NEW: Parts = (None, None, None, None, None)
STILL: Parts = (0, 0, 0, 0, "none")


def ranking(*places: tuple[int, int, int | None, str, Parts]) -> pl.DataFrame:
    rows = [
        (
            NOON.date(),
            place,
            post.to_bytes(16),
            b"\xaa" * 16,
            Decimal(1),
            NOON,
            change,
            reason,
            *why,
        )
        for place, post, change, reason, why in places
    ]
    return pl.DataFrame(rows, schema=polars_schema(PopularPosts), orient="row")


def test_ranks_whose_reason_and_parts_tell_their_change_pass() -> None:
    frame = ranking(
        (1, 1, 2, "risen", (3, -2, 0, 1, "own_growth")),
        (2, 2, 0, "steady", (0, -1, 1, 0, "none")),
        (3, 3, -2, "fallen", (4, -3, -3, 0, "decay")),
        (4, 4, None, "new", NEW),
        (5, 5, -1, "fallen", (0, 0, 0, -1, "eligibility")),
        (6, 6, 1, "risen", (0, 0, 1, 0, "others_growth")),
    )

    assert validate(frame, PopularPosts, partition="popular_posts").equals(frame)


@pytest.mark.parametrize(
    ("frame", "rule"),
    [
        (ranking((1, 1, 0, "risen", STILL)), "the reason tells the change"),
        (ranking((1, 1, None, "steady", NEW)), "the reason tells the change"),
        (ranking((1, 1, 0, "famous", STILL)), "reason: isin"),
        (ranking((1, 1, 0, "steady", STILL), (1, 2, 0, "steady", STILL)), "ranks are 1, 2, 3"),
        (ranking((1, 1, 0, "steady", STILL), (2, 1, 0, "steady", STILL)), "ranked once a day"),
        (ranking((1, 1, 0, "steady", STILL), (3, 2, 0, "steady", STILL)), "ranks are 1, 2, 3"),
        (ranking((0, 1, 0, "steady", STILL)), "greater_than_or_equal_to"),
        (ranking((1, 1, 2, "risen", (1, 0, 0, 0, "own_growth"))), "the parts sum to the change"),
        (ranking((1, 1, 1, "risen", (1, None, 0, 0, "own_growth"))), "the parts sum to"),
        (ranking((1, 1, None, "new", (0, 0, 0, 0, None))), "the parts sum to the change"),
        (ranking((1, 1, 1, "risen", (2, -1, 0, 0, "decay"))), "the main cause is the largest"),
        (ranking((1, 1, 1, "risen", (1, 0, 0, 0, None))), "the main cause is the largest"),
        (ranking((1, 1, None, "new", (*NEW[:4], "none"))), "the main cause is the largest"),
        (ranking((1, 1, 0, "steady", (*STILL[:4], "luck"))), "main_cause: isin"),
    ],
)
def test_a_broken_ranking_is_refused(frame: pl.DataFrame, rule: str) -> None:
    with pytest.raises(ContractError, match=rule):
        validate(frame, PopularPosts, partition="popular_posts of 2026-03-31")
