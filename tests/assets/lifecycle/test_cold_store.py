import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import polars as pl
import psycopg
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg.types.json import Jsonb

from assets.resources.cold_months import ColdStore
from assets.resources.manifest import DataFile, sha256_of
from assets.resources.parquet import write_parquet
from schema.errors import (
    ContractError,
    PartitionLockedError,
    UnexplainedDifferenceError,
)
from tests.fixtures.cold import (
    FEBRUARY,
    JANUARY,
    ColdPlatform,
    archived_rows,
    evidence,
    flip_a_byte,
    rows_of,
)
from tests.fixtures.intake import uuid_of


def test_every_whole_month_is_copied_sorted_with_nothing_left_out(
    two_months: ColdPlatform,
) -> None:
    assert two_months.copy() == [JANUARY, FEBRUARY]

    both = rows_of(two_months) + rows_of(two_months, FEBRUARY)
    assert both == archived_rows(two_months)
    assert len(both) == 4
    assert evidence(two_months) == []


def test_a_day_lies_in_row_groups_of_its_own(two_months: ColdPlatform) -> None:
    two_months.copy()

    (path,) = two_months.paths()
    with pq.ParquetFile(path) as file:
        days = [
            {moment.date() for moment in file.read_row_group(n)["created_at"].to_pylist()}
            for n in range(file.num_row_groups)
        ]
        assert file.metadata.row_group(0).column(0).compression == "ZSTD"
    assert days == [{date(2024, 1, day)} for day in (1, 15, 31)]


def test_the_manifest_says_what_was_proved(two_months: ColdPlatform) -> None:
    two_months.copy()

    manifest, (path,) = two_months.manifest(), two_months.paths()
    assert (manifest.rows, manifest.proof.distinct_ids) == (3, 3)
    assert manifest.proof.first_us == int(datetime(2024, 1, 1, tzinfo=UTC).timestamp()) * 10**6
    assert manifest.proof.columns["metadata"].values == 0
    assert manifest.proof.columns["value"].values == 3
    assert [file.sha256 for file in manifest.files] == [sha256_of(path)]
    assert {day: count.rows for day, count in manifest.days.items()} == {
        date(2024, 1, day): 1 for day in (1, 15, 31)
    }


def test_manifests_are_chained_in_the_order_of_writing(two_months: ColdPlatform) -> None:
    two_months.copy()

    january = two_months.store.month_folder(JANUARY) / "manifest.json"
    assert two_months.manifest(JANUARY).previous == ""
    assert two_months.manifest(FEBRUARY).previous == sha256_of(january)
    assert [link.month for link in two_months.store.chain().links] == [JANUARY, FEBRUARY]


def test_a_month_that_has_not_changed_is_not_written_again(two_months: ColdPlatform) -> None:
    two_months.copy()
    before = {path: path.stat().st_mtime_ns for path in two_months.store.root.rglob("*.*")}

    assert two_months.copy() == []
    assert {path: path.stat().st_mtime_ns for path in two_months.store.root.rglob("*.*")} == before


@pytest.mark.parametrize(
    "change",
    [
        "DELETE FROM user_engagement_archive WHERE created_at = '2024-01-01'",
        "UPDATE user_engagement_archive SET value = 2 WHERE created_at < '2024-02-01'",
        "UPDATE user_engagement_archive SET metadata = '{}' WHERE created_at < '2024-02-01'",
    ],
)
def test_a_month_that_has_changed_is_written_anew(two_months: ColdPlatform, change: str) -> None:
    two_months.copy()
    two_months.source.execute(change)

    assert two_months.copy() == [JANUARY]
    assert rows_of(two_months) + rows_of(two_months, FEBRUARY) == archived_rows(two_months)
    assert len(list(two_months.store.month_folder(JANUARY).iterdir())) == 2
    assert evidence(two_months) == []


WRITTEN_WRONG: dict[str, tuple[Callable[[pl.DataFrame], pl.DataFrame], str]] = {
    "a row less": (lambda rows: rows[1:], "rows, distinct ids, first created_at, id, user_id"),
    "a row twice": (lambda rows: pl.concat([rows, rows[:1]]), "rows, id, user_id"),
    "another id": (lambda rows: other(rows, "id"), "id, row"),
    "another account": (lambda rows: other(rows, "user_id"), "user_id, row"),
    "another post": (lambda rows: other(rows, "post_id"), "post_id, row"),
    "another kind": (
        lambda rows: rows.with_columns(engagement_type=pl.lit("SAVE")),
        "engagement_type, row",
    ),
    "another value": (lambda rows: rows.with_columns(pl.col("value") * 2), "value, row"),
    "other metadata": (lambda rows: rows.with_columns(metadata=pl.lit("{}")), "metadata, row"),
    "another source": (lambda rows: rows.with_columns(source=pl.lit("feed")), "source"),
    "another hash": (lambda rows: rows.with_columns(pl.col("row_hash") + 1), "row_hash, row"),
    "a moment later": (
        lambda rows: rows.with_columns(pl.col("created_at") + timedelta(microseconds=1)),
        "first created_at, last created_at, created_at, row",
    ),
    "values that changed places": (
        lambda rows: rows.with_columns(pl.col("post_id").reverse()),
        "row: it was not published",
    ),
}


def other(rows: pl.DataFrame, column: str) -> pl.DataFrame:
    """The first row names another one."""
    first = pl.Series([uuid_of("nobody").bytes], dtype=pl.Binary)
    return rows.with_columns(pl.concat([first, rows[column][1:]]).alias(column))


@pytest.mark.parametrize("wrong", WRITTEN_WRONG)
def test_a_copy_that_is_not_what_postgresql_holds_is_not_published(
    two_months: ColdPlatform, monkeypatch: pytest.MonkeyPatch, wrong: str
) -> None:
    change, differing = WRITTEN_WRONG[wrong]

    def write_wrong(path: Path, batches: Iterable[pl.DataFrame]) -> list[DataFile]:
        return write_parquet(path, [change(pl.concat(batches))])

    with monkeypatch.context() as broken:
        broken.setattr("assets.resources.cold_months.write_parquet", write_wrong)
        with pytest.raises(UnexplainedDifferenceError, match=f"copy of 2024-01 .* by {differing}"):
            two_months.copy()

    assert two_months.store.manifest(JANUARY) is None
    assert two_months.store.chain().links == []
    assert two_months.copy() == [JANUARY, FEBRUARY]
    assert evidence(two_months) == []


def test_a_month_with_a_live_row_is_not_whole(two_months: ColdPlatform) -> None:
    two_months.source.add("posts", "another", user_id="author")
    two_months.source.add(
        "user_engagement", "straggler", post_id="another", created_at="2024-01-20"
    )

    assert two_months.copy() == [FEBRUARY]
    assert evidence(two_months) == []


def test_a_month_between_others_that_nobody_engaged_in_is_not_copied(
    platform: ColdPlatform,
) -> None:
    march = date(2024, 3, 1)
    for name, first, after in [("january", JANUARY, FEBRUARY), ("march", march, date(2024, 4, 1))]:
        platform.source.execute(
            f"CREATE TABLE archived_{name} PARTITION OF user_engagement_archive "
            f"FOR VALUES FROM ('{first}') TO ('{after}')"
        )
        platform.source.execute(
            "INSERT INTO user_engagement_archive (user_id, post_id, engagement_type, created_at)"
            " VALUES (%s, %s, 'LIKE', %s)",
            uuid_of("somebody"),
            uuid_of(name),
            first,
        )

    assert platform.copy() == [JANUARY, march]
    assert platform.drop() == [JANUARY, march]


@pytest.mark.parametrize("moment", ["-infinity", "0044-03-15 BC", "infinity"])
def test_an_archived_row_with_an_impossible_date_is_in_no_months_way(
    two_months: ColdPlatform, moment: str
) -> None:
    two_months.source.execute(
        "INSERT INTO user_engagement_archive (user_id, post_id, engagement_type, created_at)"
        " VALUES (%s, %s, 'LIKE', %s)",
        uuid_of("author"),
        uuid_of("late"),
        moment,
    )

    assert two_months.copy() == [JANUARY, FEBRUARY]
    assert two_months.drop() == [JANUARY, FEBRUARY]
    assert two_months.source.execute("SELECT count(*) FROM user_engagement_archive") == [(1,)]


def test_a_month_in_two_partitions_is_one_month(platform: ColdPlatform) -> None:
    platform.source.execute(
        "CREATE TABLE user_engagement_archive_2024_03 PARTITION OF user_engagement_archive "
        "FOR VALUES FROM ('2024-03-01') TO ('2024-03-11')"
    )
    platform.source.execute(
        "CREATE TABLE rest_of_march PARTITION OF user_engagement_archive "
        "FOR VALUES FROM ('2024-03-11') TO ('2024-04-01')"
    )
    for name, moment in [("first part", "2024-03-10 23:59"), ("rest", "2024-03-11")]:
        platform.source.execute(
            "INSERT INTO user_engagement_archive (user_id, post_id, engagement_type, created_at)"
            " VALUES (%s, %s, 'LIKE', %s)",
            uuid_of("somebody"),
            uuid_of(name),
            moment,
        )

    assert platform.copy() == [date(2024, 3, 1)]
    assert rows_of(platform, date(2024, 3, 1)) == archived_rows(platform)
    assert platform.drop() == [date(2024, 3, 1)]


def test_a_value_that_is_no_number_is_refused(two_months: ColdPlatform) -> None:
    two_months.source.execute(
        "UPDATE user_engagement_archive SET value = 'NaN' WHERE created_at = '2024-01-01'"
    )

    with pytest.raises(ContractError, match=r"2024-01 has 1 rows whose value is NaN"):
        two_months.copy()
    assert two_months.store.months() == []


def test_one_run_at_a_time_writes_the_store(two_months: ColdPlatform) -> None:
    with (
        two_months.store.writing(two_months.postgres),
        pytest.raises(PartitionLockedError, match="another run is writing the cold store"),
    ):
        two_months.copy()


def test_what_is_damaged_is_written_anew_while_postgresql_has_it(
    two_months: ColdPlatform,
) -> None:
    two_months.copy()
    flip_a_byte(two_months.paths()[0])
    (two_months.store.month_folder(FEBRUARY) / "manifest.json").unlink()

    assert two_months.copy() == [JANUARY, FEBRUARY]
    assert evidence(two_months) == []
    assert rows_of(two_months) + rows_of(two_months, FEBRUARY) == archived_rows(two_months)


def test_a_first_publication_that_was_killed_stands_in_no_other_months_way(
    two_months: ColdPlatform,
) -> None:
    leave_half_a_month(two_months.store)
    two_months.source.add("posts", "another", user_id="author")
    two_months.source.add(
        "user_engagement", "straggler", post_id="another", created_at="2024-01-20"
    )

    assert two_months.copy() == [FEBRUARY]
    assert [link.month for link in two_months.store.chain().links] == [FEBRUARY]
    assert evidence(two_months) == ["the manifest does not name it"]


def leave_half_a_month(store: ColdStore) -> None:
    """As a writer that is killed before it renames the manifest."""
    store.month_folder(JANUARY).mkdir(parents=True)
    (store.month_folder(JANUARY) / "part-killed-0.parquet").touch()


a_text = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20
) | st.sampled_from(["|", "\\N", "-", "", '"', "\ufeff", "\u202e", "x" * 5_000])
metadata = st.none() | st.recursive(
    st.none() | st.booleans() | st.integers(-(10**30), 10**30) | a_text,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(a_text | st.just("source"), inner, max_size=3)
    ),
    max_leaves=6,
).map(Jsonb)
value = st.none() | st.decimals("-999.99", "999.99", places=2)
moment = st.datetimes(datetime(2024, 1, 1), datetime(2024, 1, 31, 23, 59, 59, 999_999))


@given(st.lists(st.tuples(value, metadata, moment), min_size=1, max_size=25))
@settings(
    max_examples=6,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_whatever_clients_wrote_comes_back_as_it_was(
    platform: ColdPlatform, events: list[tuple[Decimal | None, Jsonb | None, datetime]]
) -> None:
    with january(platform.source.connection):
        platform.source.connection.cursor().executemany(
            "INSERT INTO user_engagement_archive "
            "(user_id, post_id, engagement_type, value, metadata, created_at) "
            "VALUES (gen_random_uuid(), gen_random_uuid(), 'SHARE', %s, %s, %s)",
            events,
        )
        platform.copy()

        assert rows_of(platform) == archived_rows(platform)
        sources = (
            "SELECT metadata ->> 'source' FROM user_engagement_archive ORDER BY created_at, id"
        )
        (path,) = platform.paths()
        kept = pq.read_table(path, columns=["source"])["source"].to_pylist()
        assert [(source,) for source in kept] == platform.source.execute(sources)


@contextmanager
def january(connection: psycopg.Connection) -> Iterator[None]:
    """A partition of the archive without foreign keys, for one example."""
    connection.execute(
        "CREATE TABLE example PARTITION OF user_engagement_archive "
        "FOR VALUES FROM ('2024-01-01') TO ('2024-02-01')"
    )
    try:
        yield
    finally:
        connection.execute("DROP TABLE example")


def test_the_store_is_plain_json_and_parquet(two_months: ColdPlatform) -> None:
    two_months.copy()

    names = sorted(
        str(path.relative_to(two_months.store.root)) for path in two_months.store.root.rglob("*.*")
    )
    january = "user_engagement/month=2024-01"
    assert names[0] == "user_engagement/chain.json"
    assert f"{january}/manifest.json" in names
    assert any(name.startswith(f"{january}/part-") for name in names)
    facts = json.loads((two_months.store.root / january / "manifest.json").read_text())
    assert (facts["month"], facts["table"]) == ("2024-01", "user_engagement")
