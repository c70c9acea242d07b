from datetime import UTC, datetime

import duckdb
import polars as pl
import pytest

from assets.lifecycle.cold_rewrite import rewrite_month
from assets.resources.cold_inspection import inspect_cold_store
from tests.fixtures.cold import JANUARY, ColdPlatform
from tests.fixtures.intake import name_of, uuid_of

NOW = datetime(2025, 1, 1, tzinfo=UTC)


@pytest.fixture
def cold(platform: ColdPlatform) -> ColdPlatform:
    """January with events of two accounts, copied and dropped."""
    platform.source.add("user_engagement", "stays", created_at="2024-01-15")
    platform.source.add("user_engagement", "goes", user_id="author", created_at="2024-01-16")
    platform.archive(JANUARY)
    platform.copy()
    platform.drop()
    return platform


def without(name: str, frame: pl.DataFrame) -> pl.DataFrame:
    return frame.filter(pl.col("user_id") != uuid_of(name).bytes)


def test_rows_that_have_to_go_go_and_the_chain_goes_on(cold: ColdPlatform) -> None:
    before = cold.manifest()
    with duckdb.connect() as engine, cold.store.writing(cold.postgres):
        renewed = rewrite_month(
            cold.store, engine, JANUARY, lambda f: without("author", f), reason="erased", at=NOW
        )

    (path,) = cold.paths()
    assert [name_of(key) for key in pl.read_parquet(path)["id"]] == ["stays"]
    assert renewed == cold.manifest()
    assert (renewed.rows, renewed.reason, renewed.sequence) == (1, "erased", 2)
    assert renewed.files != before.files
    assert list(inspect_cold_store(cold.store)) == []


def test_a_month_that_keeps_all_is_not_written(cold: ColdPlatform) -> None:
    before = cold.manifest()
    with duckdb.connect() as engine, cold.store.writing(cold.postgres):
        renewed = rewrite_month(
            cold.store, engine, JANUARY, lambda f: without("nobody", f), reason="erased", at=NOW
        )

    assert renewed is None
    assert cold.manifest() == before
