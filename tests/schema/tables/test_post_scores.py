from datetime import date
from decimal import Decimal

import polars as pl
import pytest

from schema.errors import ContractError
from schema.tables.columns import polars_schema
from schema.tables.post_scores import PostScores
from schema.validation import validate

D = date(2026, 3, 31)


def scores(*parts: tuple[str, str, str], posts: tuple[int, ...] = (1, 2)) -> pl.DataFrame:
    rows = [
        (D, post.to_bytes(16), b"\xaa" * 16, *map(Decimal, numbers))
        for post, numbers in zip(posts, parts, strict=False)
    ]
    return pl.DataFrame(rows, schema=polars_schema(PostScores), orient="row")


def test_scores_that_their_parts_explain_pass() -> None:
    frame = scores(("1.55", "1.50", "0.05"), ("99999999.99", "0", "99999999.99"))

    assert validate(frame, PostScores, partition="post_scores").equals(frame)


def test_no_scores_pass() -> None:
    assert validate(scores(), PostScores, partition="post_scores").is_empty()


@pytest.mark.parametrize(
    ("frame", "rule"),
    [
        (scores(("1.00", "0.50", "0.49")), "the parts sum to the score"),
        (scores(("-0.01", "0", "-0.01")), "engagement_score"),
        (scores(("0.00", "-0.01", "0.01")), "score_from_day"),
        (scores(("0.00", "0.01", "-0.01")), "score_from_earlier"),
        (scores(*[("0", "0", "0")] * 2, posts=(1, 1)), "a post is scored once a day"),
    ],
)
def test_a_broken_score_is_refused(frame: pl.DataFrame, rule: str) -> None:
    with pytest.raises(ContractError, match=rule):
        validate(frame, PostScores, partition="post_scores of 2026-03-31")


def test_a_score_beyond_its_column_is_refused() -> None:
    name = "engagement_score"
    frame = scores(("1", "1", "0")).with_columns(pl.lit(10**8).cast(pl.Decimal(12, 2)).alias(name))

    with pytest.raises(ContractError, match="does not fit"):
        validate(frame, PostScores, partition="post_scores of 2026-03-31")
