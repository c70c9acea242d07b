from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import polars as pl
import pytest

from schema.errors import ContractError
from schema.tables.columns import polars_schema
from schema.tables.posts import Posts
from schema.tables.system_metrics import SystemMetrics
from schema.validation import validate

PARTITION = "posts of 2024-02-29"
POST = {
    "user_id": b"a" * 16,
    "media_type": None,
    "visibility": "PUBLIC",
    "created_at": datetime(2024, 2, 29, tzinfo=UTC),
    "created_us": 1_709_164_800_000_000,
}


def posts(*changes: dict[str, Any]) -> pl.DataFrame:
    made = [{"id": n.to_bytes(16)} | POST | change for n, change in enumerate(changes, 1)]
    return pl.DataFrame(made, schema=polars_schema(Posts), orient="row")


def refusal_of(frame: pl.DataFrame) -> str:
    with pytest.raises(ContractError) as refusal:
        validate(frame, Posts, partition=PARTITION)
    return str(refusal.value)


def test_a_frame_that_keeps_its_contract_passes_unchanged() -> None:
    frame = posts({}, {"media_type": "VIDEO"})

    assert validate(frame, Posts, partition=PARTITION).equals(frame)


def test_an_empty_frame_passes() -> None:
    assert validate(posts(), Posts, partition=PARTITION).is_empty()


def test_columns_take_the_contracts_order_and_types() -> None:
    frame = (
        posts({})
        .with_columns(pl.col("created_us").cast(pl.Int128))
        .select(reversed(polars_schema(Posts)))
    )

    assert validate(frame, Posts, partition=PARTITION).equals(posts({}))


def test_a_refusal_names_partition_column_rule_count_examples_and_what_to_do() -> None:
    refusal = refusal_of(posts({}, {"visibility": "SECRET"}, {"visibility": "SECRET"}))

    assert refusal == (
        "posts of 2024-02-29 breaks its contract: visibility: "
        "isin(['PUBLIC', 'PRIVATE', 'FOLLOWERS_ONLY', 'UNLISTED']): 2 rows "
        f"(id {UUID(int=2)}, {UUID(int=3)}). Nothing of it was published: "
        "correct these rows at their source and run the day again"
    )


def test_every_broken_rule_is_named_at_once() -> None:
    refusal = refusal_of(posts({"visibility": "X"}, {"media_type": "Y", "user_id": None}))

    assert [name in refusal for name in ("visibility: isin", "media_type: isin", "user_id: ")] == (
        [True] * 3
    )


def test_at_most_three_examples_are_given() -> None:
    refusal = refusal_of(posts(*[{"visibility": "X"}] * 5))

    assert "5 rows" in refusal
    assert str(UUID(int=3)) in refusal
    assert str(UUID(int=4)) not in refusal


def test_values_are_not_quoted_since_users_may_have_written_them() -> None:
    assert "dear diary" not in refusal_of(posts({"visibility": "dear diary"}))


def test_a_missing_column_is_named() -> None:
    assert refusal_of(posts({}).drop("created_us", "visibility")) == (
        f"{PARTITION} does not fit its contract: visibility is missing; created_us is missing"
    )


def test_a_column_of_another_type_is_named_without_its_values() -> None:
    frame = posts({}).with_columns(created_us=pl.lit("dear diary"))

    assert refusal_of(frame) == (
        f"{PARTITION} does not fit its contract: created_us: String as Int64"
    )


def test_text_that_is_no_utf8_is_refused_too() -> None:
    frame = posts({}).with_columns(visibility=pl.lit(b"\xff"))

    assert refusal_of(frame).endswith("does not fit its contract: visibility: Binary as String")


def test_a_frame_without_ids_is_refused_without_examples() -> None:
    row = (date(2024, 2, 29), "no_such_metric", "{}", 1)
    frame = pl.DataFrame([row], schema=polars_schema(SystemMetrics), orient="row")

    with pytest.raises(ContractError, match=r"metric_name: .*: 1 row\. Nothing of it was"):
        validate(frame, SystemMetrics, partition="system_metrics of 2024-02-29")
