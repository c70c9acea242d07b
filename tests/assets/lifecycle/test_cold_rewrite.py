from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import polars as pl
import pytest

from assets.lifecycle.cold_rewrite import rewrite_month
from assets.resources.cold_inspection import inspect_cold_store
from tests.fixtures.cold import JANUARY, ColdPlatform, archive_late
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


def without_author(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.filter(pl.col("user_id") != uuid_of("author").bytes)


def before_drop(cold: ColdPlatform) -> str:
    """The manifest for which January was dropped."""
    [(digest,)] = cold.source.execute("SELECT manifest_sha256 FROM pipeline.cold_months")
    return str(digest)


def test_rows_that_have_to_go_go_and_the_chain_goes_on(cold: ColdPlatform) -> None:
    before = cold.manifest()
    with duckdb.connect() as engine, cold.store.writing(cold.postgres):
        renewed = rewrite_month(
            cold.store, engine, JANUARY, without_author, dropped_as=before_drop(cold), at=NOW
        )

    (path,) = cold.paths()
    assert names_in(path) == ["stays"]
    assert renewed == cold.manifest()
    assert (renewed.rows, renewed.reason, renewed.sequence) == (1, "erased", 2)
    assert renewed.written_at == NOW
    assert {day: count.rows for day, count in renewed.days.items()} == {date(2024, 1, 15): 1}
    assert renewed.files != before.files
    assert renewed.dropped == [path.name]
    assert list(inspect_cold_store(cold.store)) == []


def test_late_rows_stay_apart_from_dropped_ones_until_they_are_dropped(
    cold: ColdPlatform,
) -> None:
    archive_late(cold, "late stays", "somebody")
    archive_late(cold, "late goes", "author")
    assert cold.copy() == [JANUARY]

    with duckdb.connect() as engine, cold.store.writing(cold.postgres):
        rewrite_month(
            cold.store, engine, JANUARY, without_author, dropped_as=before_drop(cold), at=NOW
        )

    dropped = cold.manifest().dropped or []
    assert [names_in(path) for path in cold.paths() if path.name in dropped] == [["stays"]]
    assert [names_in(path) for path in cold.paths() if path.name not in dropped] == [["late stays"]]


def test_a_file_that_keeps_all_its_rows_stays_as_it_is(cold: ColdPlatform) -> None:
    archive_late(cold, "late stays", "somebody")
    cold.copy()
    (late,) = [path for path in cold.paths() if names_in(path) == ["late stays"]]
    untouched = late.read_bytes()

    with duckdb.connect() as engine, cold.store.writing(cold.postgres):
        rewrite_month(
            cold.store, engine, JANUARY, without_author, dropped_as=before_drop(cold), at=NOW
        )

    assert sorted(map(names_in, cold.paths())) == [["late stays"], ["stays"]]
    assert untouched in [path.read_bytes() for path in cold.paths()]


def test_dropped_rows_stay_known_as_dropped_when_only_late_ones_go(cold: ColdPlatform) -> None:
    archive_late(cold, "late goes", "author")
    cold.copy()
    late_goes = uuid_of("late goes").bytes

    with duckdb.connect() as engine, cold.store.writing(cold.postgres):
        rewrite_month(
            cold.store,
            engine,
            JANUARY,
            lambda frame: frame.filter(pl.col("id") != late_goes),
            dropped_as=before_drop(cold),
            at=NOW,
        )

    dropped = cold.manifest().dropped or []
    kept = [names_in(path) for path in cold.paths() if path.name in dropped]
    assert sorted(name for names in kept for name in names) == ["goes", "stays"]


def names_in(path: Path) -> list[str]:
    return [name_of(key) for key in pl.read_parquet(path)["id"]]


def test_a_month_that_keeps_all_is_not_written(cold: ColdPlatform) -> None:
    before = cold.manifest()
    with duckdb.connect() as engine, cold.store.writing(cold.postgres):
        renewed = rewrite_month(
            cold.store, engine, JANUARY, lambda f: f, dropped_as=before_drop(cold), at=NOW
        )

    assert renewed is None
    assert cold.manifest() == before
