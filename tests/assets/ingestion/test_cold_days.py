from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from assets.ingestion.ingest import Ingest
from assets.ingestion.source_audit import Comparison, compare_with_source
from assets.ingestion.source_tables import SOURCE_TABLES
from assets.resources.engine import DuckDBEngine
from assets.resources.lake import Lake
from assets.resources.publishing import Publisher
from schema.errors import CorruptPartitionError, RetiredRowsError
from schema.windows import DayRange
from tests.fixtures.cold import FEBRUARY, JANUARY, ColdPlatform, archive_late, flip_a_byte
from tests.fixtures.intake import name_of, uuid_of

D = date(2024, 1, 15)
DAY = DayRange(D, D)


@dataclass(frozen=True, slots=True)
class ColdIntake:
    """Ingestion of a platform with a cold store, into lakes of the test's own."""

    platform: ColdPlatform
    publisher: Publisher

    def ingest(self, lake: Lake | None = None) -> dict[str, Any]:
        """Publish the day, and give what each table has of it, with its fingerprint."""
        self.publish(DAY, lake)
        return {table: content(lake or self.publisher.lake, table) for table in SOURCE_TABLES}

    def publish(self, days: DayRange, lake: Lake | None = None) -> None:
        """Publish days."""
        publisher = Publisher(lake or self.publisher.lake, self.publisher.ledger)
        work = Ingest(
            self.platform.postgres,
            publisher,
            DuckDBEngine(),
            run_id="a run",
            cold=self.platform.store,
        )
        list(work.publish(days))

    def events(self, lake: Lake | None = None) -> list[str]:
        """Names of the day's events in a lake."""
        rows = pl.concat(map(pl.read_parquet, (lake or self.publisher.lake).files(EVENTS, DAY)))
        return sorted(map(name_of, rows["id"]))

    def compare(self) -> list[Comparison]:
        """What the audit says about the day's engagement."""
        lake, store = self.publisher.lake, self.platform.store
        found = compare_with_source(self.platform.postgres, lake, DAY, store)
        return [comparison for comparison in found if comparison.table == EVENTS]


EVENTS = "user_engagement"


def content(lake: Lake, table: str, day: date = D) -> tuple[list[Any], int | None]:
    manifest = lake.manifest(table, day)
    assert manifest is not None
    assert manifest.extraction is not None
    rows = [row for path in lake.files(table, [day]) for row in pl.read_parquet(path).rows()]
    return sorted(rows, key=repr), manifest.extraction.fingerprint


@pytest.fixture
def cold(platform: ColdPlatform, publisher: Publisher) -> ColdIntake:
    """Events of odd kinds on a day whose month is archived; one by an account that came later."""
    source = platform.source
    source.add("users", "latecomer", created_at="2024-06-01")
    source.add("posts", "other post", user_id="somebody", created_at="2020-01-01")
    source.add("user_engagement", "view", created_at=D, metadata='{"source": "profile", "x": 1}')
    source.add("user_engagement", "like", engagement_type="LIKE", created_at=D, value=None)
    source.add(
        "user_engagement",
        "late like",
        user_id="latecomer",
        post_id="other post",
        engagement_type="LIKE",
        created_at="2024-01-15 23:59:59.999999",
        value="2.50",
        metadata='{"source": {"a": [1, 1.50]}}',
    )
    source.add("user_engagement", "next day", user_id="author", created_at="2024-01-16")
    platform.archive(JANUARY)
    return ColdIntake(platform, publisher)


def dropped(cold: ColdIntake) -> ColdIntake:
    cold.platform.copy()
    assert cold.platform.drop() == [JANUARY]
    return cold


def test_a_dropped_day_is_read_into_an_empty_lake_as_it_was(
    cold: ColdIntake, tmp_path: Path
) -> None:
    before = cold.ingest()

    again = dropped(cold).ingest(Lake(tmp_path / "new"))

    assert again == before
    assert [len(before[table][0]) for table in (EVENTS, "post_states", "late_accounts")] == [
        3,
        2,
        1,
    ]


def test_days_of_two_dropped_months_are_read_in_one_run_as_they_were(
    cold: ColdIntake, tmp_path: Path
) -> None:
    days = DayRange(date(2024, 1, 30), date(2024, 2, 2))
    for name, day in (("third post", 30), ("fourth post", 31)):
        cold.platform.source.add("posts", name, user_id="latecomer", created_at="2020-01-01")
        archived_event(cold, name, f"2024-01-{day}")
    for name, day in (("fifth post", 1), ("sixth post", 2)):
        cold.platform.source.add("posts", name, user_id="somebody", created_at="2020-01-01")
        cold.platform.source.add(
            "user_engagement", name, post_id=name, created_at=f"2024-02-0{day}"
        )
    cold.platform.archive(FEBRUARY)
    cold.publish(days)
    before = contents(cold.publisher.lake, days)
    cold.platform.copy()
    assert cold.platform.drop() == [JANUARY, FEBRUARY]
    lake = Lake(tmp_path / "new")

    cold.publish(days, lake)

    assert contents(lake, days) == before


def archived_event(cold: ColdIntake, post: str, moment: str) -> None:
    cold.platform.source.execute(
        "INSERT INTO user_engagement_archive (id, user_id, post_id, engagement_type, created_at)"
        " VALUES (%s, %s, %s, 'VIEW', %s)",
        *map(uuid_of, (post, "author", post)),
        moment,
    )


def contents(lake: Lake, days: DayRange) -> list[Any]:
    return [content(lake, table, day) for day in days for table in SOURCE_TABLES]


def test_what_somebody_brought_back_into_postgresql_counts_once(cold: ColdIntake) -> None:
    dropped(cold)
    cold.platform.source.execute("DELETE FROM user_engagement_keys")
    cold.platform.source.add("user_engagement", "view", created_at=D)

    cold.ingest()

    assert cold.events() == ["late like", "like", "view"]


def test_a_day_that_the_lake_has_is_not_read_again(cold: ColdIntake) -> None:
    before = cold.ingest()
    dropped(cold)
    flip_a_byte(cold.platform.paths()[0])

    assert cold.ingest() == before


def test_events_of_accounts_and_posts_that_are_gone_do_not_come_back(cold: ColdIntake) -> None:
    dropped(cold)
    cold.platform.source.execute("DELETE FROM users WHERE id = %s", uuid_of("latecomer"))

    content = cold.ingest()

    assert cold.events() == ["like", "view"]
    assert [name_of(row[0]) for row in content["post_states"][0]] == ["old post"]
    assert content["late_accounts"][0] == []


def test_a_day_of_the_lake_loses_events_of_accounts_that_are_gone_when_it_is_read_again(
    cold: ColdIntake,
) -> None:
    cold.ingest()
    dropped(cold)
    cold.platform.source.execute("DELETE FROM users WHERE id = %s", uuid_of("latecomer"))
    cold.platform.source.add(
        "user_engagement", "too late", engagement_type="SAVE", created_at="2024-01-15 12:00"
    )

    cold.ingest()

    assert cold.events() == ["like", "too late", "view"]


def test_a_file_of_the_lake_that_lacks_a_column_is_made_anew_from_the_cold_store(
    cold: ColdIntake,
) -> None:
    before = cold.ingest()
    dropped(cold)
    lake = cold.publisher.lake
    published = lake.manifest(EVENTS, D)
    assert published
    rows = pl.concat(map(pl.read_parquet, lake.files(EVENTS, DAY))).drop("author_id")
    older = lake.stage(EVENTS, D, [rows], fence=published.fence)
    lake.publish(replace(older, manifest=replace(published, files=older.manifest.files)))

    assert cold.ingest() == before


def test_late_rows_of_a_dropped_day_count_once_and_touch_their_post(cold: ColdIntake) -> None:
    cold.platform.source.add("posts", "third post", user_id="somebody", created_at="2020-01-01")
    before = cold.ingest()
    dropped(cold)
    cold.platform.source.add(
        "user_engagement",
        "too late",
        post_id="third post",
        engagement_type="SAVE",
        created_at="2024-01-15 12:00",
    )

    after = cold.ingest()

    touched = {name_of(row[0]) for row in after["post_states"][0]}
    assert touched == {"third post", *(name_of(row[0]) for row in before["post_states"][0])}
    assert cold.events() == ["late like", "like", "too late", "view"]
    assert cold.platform.source.execute(
        "SELECT source_table, reason, row_count FROM pipeline.source_changes ORDER BY 1"
    ) == [("post_states", "late", 1), (EVENTS, "late", 1)]


def test_a_late_row_that_is_taken_back_after_its_copy_counts_no_longer(cold: ColdIntake) -> None:
    dropped(cold)
    archive_late(cold.platform, "too late")
    assert cold.platform.copy() == [JANUARY]
    cold.ingest()
    assert "too late" in cold.events()

    cold.platform.source.execute("DELETE FROM user_engagement_archive")
    cold.ingest()
    (comparison,) = cold.compare()

    assert cold.events() == ["late like", "like", "view"]
    assert comparison.is_equal
    cold.platform.source.add(
        "user_engagement", "once more", engagement_type="SAVE", created_at="2024-01-15 13:00"
    )
    cold.ingest()
    assert cold.events() == ["late like", "like", "once more", "view"]


def test_a_late_row_that_was_dropped_counts_from_its_copy(cold: ColdIntake) -> None:
    dropped(cold)
    archive_late(cold.platform, "too late")
    cold.platform.copy()

    assert cold.platform.drop() == [JANUARY]
    cold.ingest()

    assert cold.events() == ["late like", "like", "too late", "view"]


def test_a_damaged_month_is_not_read(cold: ColdIntake) -> None:
    dropped(cold)
    flip_a_byte(cold.platform.paths()[0])

    with pytest.raises(CorruptPartitionError, match="other bytes than were written"):
        cold.ingest()
    assert cold.publisher.lake.published_days(EVENTS) == []


def test_days_before_the_first_archived_month_are_read_as_ever(cold: ColdIntake) -> None:
    day = date(2023, 12, 31)
    dropped(cold)
    cold.platform.source.add("user_engagement", "older", engagement_type="CLICK", created_at=day)

    cold.publish(DayRange(day, day))

    (path,) = cold.publisher.lake.files(EVENTS, [day])
    assert pl.read_parquet(path).height == 1


def test_days_that_were_lost_otherwise_are_still_refused(cold: ColdIntake) -> None:
    cold.platform.source.execute(
        "INSERT INTO pipeline.retired_rows (source_table, retired_before) VALUES (%s, %s)",
        EVENTS,
        "2023-06-01",
    )
    dropped(cold)

    with pytest.raises(RetiredRowsError, match="the lake has no copy"):
        cold.publish(DayRange(date(2023, 5, 1), date(2023, 5, 1)))


def test_the_audit_compares_a_dropped_day_with_the_cold_store(cold: ColdIntake) -> None:
    cold.ingest()
    dropped(cold)

    (comparison,) = cold.compare()

    assert comparison.is_equal
    assert comparison.found.rows == 3


def test_the_audit_sees_a_lake_that_has_less_than_the_cold_store(
    cold: ColdIntake, tmp_path: Path
) -> None:
    source = cold.platform.source
    source.execute("DELETE FROM user_engagement_archive WHERE id = %s", uuid_of("like"))
    cold.ingest()
    source.execute("DELETE FROM pipeline.day_changes")
    source.execute("SET sociallive.noted_in_bulk = 'on'")
    source.add("user_engagement", "like", engagement_type="LIKE", created_at=D)
    source.execute(
        "WITH m AS (DELETE FROM user_engagement RETURNING *)"
        " INSERT INTO user_engagement_archive SELECT * FROM m"
    )
    source.execute("DELETE FROM pipeline.day_changes")
    dropped(cold)

    (comparison,) = cold.compare()

    assert (comparison.published.rows, comparison.found.rows) == (2, 3)
    assert not comparison.is_explained


def test_the_audit_leaves_a_damaged_month_to_the_audit_of_the_store(cold: ColdIntake) -> None:
    cold.ingest()
    dropped(cold)
    flip_a_byte(cold.platform.paths()[0])

    assert cold.compare() == []
