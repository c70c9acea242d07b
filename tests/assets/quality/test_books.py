import shutil
from datetime import date
from pathlib import Path

import polars as pl
import psycopg
import pytest

from assets.quality.books import NUMBERS, compare_books, days_unlike_books
from assets.quality.findings import Finding, alarming
from assets.resources.lake import Lake
from assets.resources.ledger import PartitionLedger
from assets.resources.manifest import MANIFEST
from assets.resources.postgres import Postgres
from assets.resources.publishing import Output, Publisher
from schema.tables.columns import polars_schema
from schema.tables.user_activity import UserActivity
from schema.windows import DayRange
from tests.fixtures.intake import put

TABLE = "user_activity"
DAYS = DayRange(date(2024, 2, 28), date(2024, 3, 1))
DAY = date(2024, 2, 29)
NOBODY = pl.DataFrame(schema={"date": pl.Date(), **polars_schema(UserActivity)})


@pytest.fixture
def published(publisher: Publisher) -> Lake:
    publisher.publish([Output(TABLE, UserActivity, NOBODY)], DAYS, run_id="a run")
    return publisher.lake


def compare(postgres: Postgres, lake: Lake) -> list[Finding]:
    return compare_books(postgres, lake, [TABLE], DAYS)


def test_what_was_published_stands_in_both_books(postgres: Postgres, published: Lake) -> None:
    assert compare(postgres, published) == [Finding("books", TABLE, compared=3)]


def test_days_that_were_never_published_are_not_compared(postgres: Postgres, lake: Lake) -> None:
    assert compare(postgres, lake) == [Finding("books", TABLE, compared=0)]


def test_a_partition_that_is_gone_from_the_lake_is_named(
    postgres: Postgres, published: Lake
) -> None:
    shutil.rmtree(published.partition_folder(TABLE, DAY))

    [alarm, quiet] = compare(postgres, published)

    assert alarm.subject == "user_activity: published in the ledger, missing in the lake"
    assert (alarm.day, alarm.unexplained) == (DAY, 1)
    assert "sociallive run --date 2024-02-29" in alarm.advice
    assert quiet == Finding("books", TABLE, compared=2)


def test_a_partition_that_is_gone_from_the_ledger_is_named(
    postgres: Postgres, published: Lake, connection: psycopg.Connection
) -> None:
    connection.execute("DELETE FROM pipeline.partition_ledger WHERE partition_date = %s", [DAY])
    connection.commit()

    [alarm] = alarming(compare(postgres, published))

    assert alarm.subject == "user_activity: published in the lake, missing in the ledger"


def test_a_partition_published_past_the_ledger_is_another_load(
    postgres: Postgres, published: Lake
) -> None:
    put(published, TABLE, DAY, NOBODY.drop("date"), fence=9)

    [alarm] = alarming(compare(postgres, published))

    assert alarm.subject == "user_activity: another load in the lake than in the ledger"


def test_a_partition_with_other_rows_under_its_old_load_is_named(
    postgres: Postgres, published: Lake
) -> None:
    manifest = published.partition_folder(TABLE, DAY) / MANIFEST
    file = '"files": [{"name": "a", "rows": 1, "size_bytes": 1, "sha256": ""}]'
    manifest.write_text(manifest.read_text().replace('"files": []', file))

    [alarm] = alarming(compare(postgres, published))

    assert alarm.subject == "user_activity: another number of rows in the lake than in the ledger"


def test_a_difference_is_explained_while_a_run_holds_the_partition(
    postgres: Postgres, published: Lake, ledger: PartitionLedger
) -> None:
    put(published, TABLE, DAY, NOBODY.drop("date"), fence=9)

    with ledger.write([TABLE], DayRange(DAY, DAY), run_id="at work"):
        [held, _] = compare(postgres, published)

    assert held.explained == {"being written": 1}
    assert not held.is_alarming
    assert len(alarming(compare(postgres, published))) == 1


def test_an_unreadable_manifest_is_left_to_the_check_of_files(
    postgres: Postgres, published: Lake
) -> None:
    (published.partition_folder(TABLE, DAY) / MANIFEST).write_text("{}")

    assert compare(postgres, published) == [Finding("books", TABLE, compared=2)]


def test_days_that_were_asked_for_and_are_lost_or_older_than_the_books_are_named_whenever_they_were(
    postgres: Postgres, published: Lake, publisher: Publisher, tmp_path: Path
) -> None:
    tables = [TABLE, NUMBERS]
    asked = DayRange(DAY, DAYS.last)
    publisher.publish([Output(NUMBERS, UserActivity, NOBODY)], asked, run_id="a run")
    assert days_unlike_books(postgres, published, tables) == []

    older = shutil.copytree(published.root, tmp_path / "older")
    publisher.publish([Output(TABLE, UserActivity, NOBODY)], asked, run_id="another run")
    assert days_unlike_books(postgres, Lake(older), tables) == list(asked)

    shutil.rmtree(published.root)
    assert days_unlike_books(postgres, published, tables) == list(asked)


def test_nothing_that_was_never_published_or_is_being_written_is_unlike_the_books(
    postgres: Postgres, lake: Lake, ledger: PartitionLedger
) -> None:
    assert days_unlike_books(postgres, lake, [TABLE]) == []
    put(lake, TABLE, DAY, NOBODY.drop("date"))
    assert days_unlike_books(postgres, lake, [TABLE]) == [DAY]

    with ledger.write([TABLE], DAYS, run_id="a run"):
        assert days_unlike_books(postgres, lake, [TABLE]) == []
