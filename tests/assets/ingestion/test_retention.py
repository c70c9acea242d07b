from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from shutil import rmtree

import pytest

from assets.ingestion.ingest import Ingest
from assets.ingestion.retention import Retired, refuse_unexplained_loss
from assets.lifecycle.expired_rows import remove_expired_rows
from assets.resources.day_changes import compact
from assets.resources.engine import DuckDBEngine
from assets.resources.manifest import DataFile, Extraction, Manifest
from assets.resources.postgres import Role
from assets.resources.snapshot import Snapshot
from schema.errors import RetiredRowsError, UnexplainedLossError
from schema.windows import DayRange, parse_day
from tests.fixtures.intake import Intake, Source, uuid_of

D = "2024-02-29"
DAY = DayRange(parse_day(D), parse_day(D))
TWO_DAYS_LATER = datetime(2024, 3, 2, tzinfo=UTC)
MOMENT = timedelta(microseconds=1)


# Engagement is gone before March, that of January is in the cold store; comments before February.
RETIRED = Retired(
    {"user_engagement": date(2024, 3, 1), "comments": date(2024, 2, 1)},
    frozenset({date(2024, 1, 1)}),
    lost_before=date(2023, 12, 1),
)
READ_FROM_ENGAGEMENT = ("user_engagement", "post_states", "late_accounts")


def add_sessions(source: Source) -> None:
    """One that expired long ago, and one that has not."""
    source.add("user_sessions", "old", created_at=f"{D} 01:00", expires_at=f"{D} 02:00")
    source.add("user_sessions", "long", created_at=f"{D} 01:00", expires_at="2030-01-01")


def reading(rows: int, taken_at: datetime, *, is_settled: bool) -> Manifest:
    files = [DataFile("0.parquet", rows, 1, "digest")]
    facts = Extraction(taken_at, taken_at, "1:1:", is_final=False, is_settled=is_settled)
    return Manifest("user_engagement", DAY.first, "load", 1, files, facts)


@pytest.mark.parametrize(
    ("taken_at", "is_settled", "is_refused"),
    [
        (TWO_DAYS_LATER - MOMENT, False, False),
        (TWO_DAYS_LATER, False, True),
        (TWO_DAYS_LATER - MOMENT, True, True),
    ],
)
def test_a_loss_needs_a_reason_once_the_day_was_settled_or_the_day_after_is_over(
    taken_at: datetime, *, is_settled: bool, is_refused: bool
) -> None:
    before = reading(3, taken_at, is_settled=is_settled)
    now = reading(2, taken_at + timedelta(days=1), is_settled=True)

    if not is_refused:
        refuse_unexplained_loss(before, now, [{}])
        return
    with pytest.raises(UnexplainedLossError, match="has lost 1 rows"):
        refuse_unexplained_loss(before, now, [{}])


def retire_the_day(source: Source) -> None:
    source.execute(
        "INSERT INTO pipeline.retired_rows (source_table, retired_before)"
        " VALUES ('user_engagement', '2024-03-01')"
    )


def test_rows_that_vanish_without_a_note_are_refused_and_nothing_is_published(
    viewed: Source, intake: Intake
) -> None:
    viewed.execute("SET session_replication_role = replica")
    viewed.execute("DELETE FROM user_engagement")

    with pytest.raises(UnexplainedLossError, match=f"user_engagement of {D} has lost 1 rows"):
        intake.ingest(D)

    assert intake.published("user_engagement", D) == ["view"]
    assert list((intake.lake.root / "_staging").rglob("*.parquet")) == []


def test_rows_that_vanish_are_refused_also_where_no_day_counts_as_settled(
    source: Source, intake: Intake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Snapshot, "is_settled", lambda *_: False)
    source.add("user_engagement", "view", created_at=f"{D} 10:00")
    intake.ingest(D)
    source.execute("ALTER TABLE user_engagement DETACH PARTITION user_engagement_2024_02")

    with pytest.raises(UnexplainedLossError, match=f"user_engagement of {D} has lost 1 rows"):
        intake.ingest(D)


def test_what_went_without_a_note_while_its_day_lasted_is_no_loss(
    source: Source, intake: Intake
) -> None:
    today = str(source.execute("SELECT (now() AT TIME ZONE 'UTC')::date")[0][0])
    source.add("user_engagement", "view", created_at=today)
    intake.ingest(today)
    source.execute("DELETE FROM user_engagement")

    intake.ingest(today)

    assert intake.lake.files("user_engagement", [parse_day(today)]) == []


def test_notes_that_come_back_with_a_restore_are_no_loss_after_they_were_added_up(
    viewed: Source, intake: Intake
) -> None:
    viewed.add("user_engagement", "late", engagement_type="LIKE", created_at=D)
    viewed.execute("CREATE TABLE backup AS SELECT * FROM pipeline.day_changes")
    intake.ingest(D)
    viewed.execute("INSERT INTO pipeline.day_changes SELECT * FROM backup")
    with intake.postgres.session(Role.WRITER) as session:
        compact(session)

    intake.ingest(D)

    assert intake.published("user_engagement", D) == ["late", "view"]


def accepting(intake: Intake) -> Ingest:
    return Ingest(
        intake.postgres, intake.publisher, DuckDBEngine(), run_id="a run", accept_loss=True
    )


def test_an_accepted_loss_is_published(viewed: Source, intake: Intake) -> None:
    viewed.execute("SET session_replication_role = replica")
    viewed.execute("DELETE FROM user_engagement")

    published = {m.table: m.rows for m in accepting(intake).publish(DAY)}

    assert published["user_engagement"] == 0


def test_a_retired_day_is_carried_over_and_other_tables_are_read(
    viewed: Source, intake: Intake
) -> None:
    retire_the_day(viewed)
    viewed.execute("SET session_replication_role = replica")
    viewed.execute("DELETE FROM user_engagement")
    viewed.add("comments", "late", created_at=D)

    intake.ingest(D)

    assert intake.published("user_engagement", D) == ["view"]
    assert intake.published("comments", D) == ["late"]


def test_a_retired_day_without_a_copy_is_refused(source: Source, intake: Intake) -> None:
    retire_the_day(source)

    with pytest.raises(RetiredRowsError, match="the lake has no copy"):
        intake.ingest(D)


def test_sessions_that_have_ended_stay_in_their_day_unless_their_account_is_gone(
    source: Source, intake: Intake
) -> None:
    source.add("users", "leaver", created_at="2020-01-01")
    source.add("user_sessions", "kept", created_at=D)
    source.add("user_sessions", "erased", user_id="leaver", created_at=D)
    source.add("user_sessions", "going on", created_at=D)
    intake.ingest(D)
    source.execute("DELETE FROM user_sessions WHERE id = %s", uuid_of("kept"))
    source.execute("DELETE FROM users WHERE id = %s", uuid_of("leaver"))

    for _ in range(2):
        intake.ingest(D)

        assert intake.published("session_states", D) == ["going on", "kept"]


def test_a_published_day_whose_files_are_lost_is_not_read_with_fewer_sessions(
    source: Source, intake: Intake
) -> None:
    add_sessions(source)
    intake.ingest(D)
    remove_expired_rows(intake.postgres)
    intake.ingest(D)
    assert intake.published("session_states", D) == ["long", "old"]
    for file in intake.lake.files("session_states", [DAY.first]):
        file.unlink()

    with pytest.raises(RetiredRowsError, match="sessions of that day were cleaned up"):
        intake.ingest(D)


def test_fewer_sessions_are_published_once_that_was_accepted(
    source: Source, intake: Intake
) -> None:
    add_sessions(source)
    intake.ingest(D)
    remove_expired_rows(intake.postgres)
    for file in intake.lake.files("session_states", [DAY.first]):
        file.unlink()

    list(accepting(intake).publish(DAY))

    assert intake.published("session_states", D) == ["long"]


def test_a_day_that_was_read_before_there_were_sessions_counts_those_that_are_left(
    source: Source, intake: Intake
) -> None:
    add_sessions(source)
    intake.ingest(D)
    source.execute("DELETE FROM pipeline.partition_ledger WHERE table_name = 'session_states'")
    rmtree(intake.lake.root / "session_states")
    remove_expired_rows(intake.postgres)

    intake.ingest(D)

    assert intake.published("session_states", D) == ["long"]


def test_a_day_that_was_never_read_counts_the_sessions_that_are_left(
    source: Source, intake: Intake
) -> None:
    add_sessions(source)
    remove_expired_rows(intake.postgres)

    intake.ingest(D)

    assert intake.published("session_states", D) == ["long"]


def publish_without(intake: Intake, table: str, column: str) -> None:
    """The day's file as an older contract has left it."""
    published = intake.lake.manifest(table, DAY.first)
    assert published
    rows = intake.rows(table, D).drop(column)
    older = intake.lake.stage(table, DAY.first, [rows], fence=published.fence)
    intake.lake.publish(replace(older, manifest=replace(published, files=older.manifest.files)))


@pytest.mark.parametrize(
    ("table", "column"),
    [
        ("posts", "media_type"),
        ("posts", "user_id"),
        ("post_states", "user_id"),
        ("session_states", "is_active"),
    ],
)
def test_a_changed_day_whose_file_lacks_a_column_is_read_again(
    source: Source, intake: Intake, table: str, column: str
) -> None:
    source.add("posts", "p", created_at=D, visibility="PUBLIC")
    source.add("user_sessions", "p", created_at=D)
    intake.ingest(D)
    publish_without(intake, table, column)
    source.add("posts", "late", created_at=D, visibility="PUBLIC")
    source.add("user_sessions", "late", created_at=D)

    intake.ingest(D)

    assert intake.published(table, D) == ["late", "p"]
    assert column in intake.rows(table, D).columns


def test_a_copy_that_lacks_a_column_stays_where_it_is_the_last(
    viewed: Source, intake: Intake
) -> None:
    retire_the_day(viewed)
    publish_without(intake, "user_engagement", "user_id")
    viewed.execute("SET session_replication_role = replica")
    viewed.execute("DELETE FROM user_engagement")

    intake.ingest(D)

    assert intake.published("user_engagement", D) == ["view"]


def test_sessions_that_lack_a_column_are_not_read_again_after_some_were_cleaned_up(
    source: Source, intake: Intake
) -> None:
    source.add("user_sessions", "old", created_at=f"{D} 01:00", expires_at=f"{D} 02:00")
    intake.ingest(D)
    publish_without(intake, "session_states", "is_active")
    remove_expired_rows(intake.postgres)

    with pytest.raises(RetiredRowsError, match=f"session_states of {D} .* lack a column, and"):
        intake.ingest(D)

    assert intake.published("session_states", D) == ["old"]


@pytest.mark.parametrize("table", READ_FROM_ENGAGEMENT)
@pytest.mark.parametrize(
    ("day", "is_retired"),
    [
        (date(2023, 11, 30), True),
        (date(2023, 12, 1), False),
        (date(2023, 12, 31), False),
        (date(2024, 1, 1), True),
        (date(2024, 1, 31), True),
        (date(2024, 2, 1), True),
        (date(2024, 3, 1), False),
    ],
)
def test_engagement_is_gone_but_of_months_that_were_passed_over_with_nothing_to_lose(
    table: str, day: date, *, is_retired: bool
) -> None:
    assert RETIRED.is_retired(table, day) == is_retired
    assert RETIRED.is_cold(table, day) == (day.month == 1)


@pytest.mark.parametrize("table", READ_FROM_ENGAGEMENT)
def test_where_nothing_was_moved_all_engagement_before_the_day_is_gone(table: str) -> None:
    lost = Retired(RETIRED.before, lost_before=date(2024, 3, 1))

    assert lost.is_retired(table, date(2024, 2, 29))
    assert not lost.is_retired(table, date(2024, 3, 1))


def test_other_tables_lose_rows_whatever_the_cold_store_holds() -> None:
    assert RETIRED.is_retired("comments", date(2024, 1, 31))
    assert not RETIRED.is_retired("comments", date(2024, 2, 1))
    assert not RETIRED.is_cold("comments", date(2024, 1, 1))
    assert not RETIRED.is_retired("posts", date(2024, 1, 1))
